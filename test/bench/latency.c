// latency — asks at a fixed rate, whatever the answers do, and prints the delay of every thousandth as JSON.
// The delay counts from when a query was due, not from when it left: a late sender must not flatter the server.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { sockets = 32, batch = 16, datagram = 512, most_names = 100000, name_room = 280, grace_seconds = 1 };

struct query {
  unsigned char bytes[name_room];
  size_t length;
};

static struct query *queries;
static size_t query_count;
static int fds[sockets];
static uint64_t *due;    // by number of the query; 0 once it is answered
static uint32_t *delays; // of the answered ones, in nanoseconds
static uint64_t sent, answered, failed, strange;

static int give_up(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// A line is `name A`, as dnsperf reads it; the type is always A.
static void read_queries(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) give_up(path);
  queries = calloc(most_names, sizeof *queries);
  char line[512];
  while (query_count < most_names && fgets(line, sizeof line, file)) {
    char *name = strtok(line, " \t\n");
    if (!name || strlen(name) > 250) continue;
    struct query *q = &queries[query_count++];
    unsigned char *at = q->bytes;
    memcpy(at, "\0\0\1\0\0\1\0\0\0\0\0\0", 12);
    at += 12;
    for (char *label = strtok(name, "."); label; label = strtok(NULL, ".")) {
      size_t length = strlen(label);
      *at++ = (unsigned char)length;
      memcpy(at, label, length);
      at += length;
    }
    memcpy(at, "\0\0\1\0\1", 5);
    q->length = (size_t)(at + 5 - q->bytes);
  }
  fclose(file);
  if (!query_count) {
    fprintf(stderr, "latency: no names in %s\n", path);
    exit(1);
  }
}

static int open_sockets(const char *address, int port) {
  int watch = epoll_create1(0);
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  if (inet_pton(AF_INET, address, &server.sin_addr) != 1) give_up("address");
  for (int i = 0; i < sockets; i++) {
    int size = 1 << 20;
    fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (fds[i] < 0) give_up("socket");
    setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (connect(fds[i], (struct sockaddr *)&server, sizeof server) < 0) give_up("connect");
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
    if (epoll_ctl(watch, EPOLL_CTL_ADD, fds[i], &event) < 0) give_up("epoll");
  }
  return watch;
}

// Query n leaves from socket n mod 32 with id n / 32: 2 million queries before an id comes round again.
static void send_query(uint64_t n, uint64_t when) {
  struct query *q = &queries[n % query_count];
  uint64_t id = n / sockets;
  q->bytes[0] = (unsigned char)(id >> 8);
  q->bytes[1] = (unsigned char)id;
  due[n] = when;
  sent++;
  if (send(fds[n % sockets], q->bytes, q->length, 0) < 0) strange++;
}

static void take_answer(int socket, const unsigned char *bytes, uint64_t length, uint64_t when) {
  if (length < 12 || !(bytes[2] & 0x80)) {
    strange++;
    return;
  }
  uint64_t id = (uint64_t)bytes[0] << 8 | bytes[1];
  uint64_t newest = (sent - 1) / sockets;
  uint64_t turn = newest - ((newest - id) & 0xffff);
  uint64_t n = turn * sockets + (uint64_t)socket;
  if (turn > newest || n >= sent || !due[n]) {
    strange++;
    return;
  }
  uint64_t delay = when - due[n];
  due[n] = 0;
  if (bytes[3] & 0x0f) failed++;
  delays[answered++] = delay > UINT32_MAX ? UINT32_MAX : (uint32_t)delay;
}

static void take_answers(int watch) {
  static unsigned char bytes[batch][datagram];
  static struct iovec pieces[batch];
  static struct mmsghdr messages[batch];
  struct epoll_event ready[sockets];
  int count = epoll_wait(watch, ready, sockets, 0);
  for (int e = 0; e < count; e++) {
    int socket = (int)ready[e].data.u32;
    for (int i = 0; i < batch; i++) {
      pieces[i] = (struct iovec){bytes[i], datagram};
      messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
    }
    int got = recvmmsg(fds[socket], messages, batch, MSG_DONTWAIT, NULL);
    uint64_t when = now();
    for (int i = 0; i < got; i++) take_answer(socket, bytes[i], messages[i].msg_len, when);
  }
}

static int by_size(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

// The smallest delay that at least this share of the answers did not exceed.
static double at_share(double share) {
  if (!answered) return 0;
  uint64_t rank = (uint64_t)(share * (double)answered + 0.9999999);
  return delays[rank ? rank - 1 : 0] / 1000.0;
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: latency IPV4-ADDRESS PORT QUERIES-PER-SECOND SECONDS FILE-OF-NAMES\n");
    return 2;
  }
  double rate = atof(argv[3]), seconds = atof(argv[4]);
  uint64_t total = (uint64_t)(rate * seconds);
  due = calloc(total + 1, sizeof *due);
  delays = calloc(total + 1, sizeof *delays);
  read_queries(argv[5]);
  int watch = open_sockets(argv[1], atoi(argv[2]));

  uint64_t start = now(), end = start + (uint64_t)(seconds * 1e9) + (uint64_t)grace_seconds * 1000000000u;
  while (now() < end && (sent < total || answered < total)) {
    uint64_t elapsed = now() - start;
    for (int i = 0; i < batch && sent < total; i++) {
      uint64_t when = (uint64_t)((double)sent * 1e9 / rate);
      if (when > elapsed) break;
      send_query(sent, start + when);
    }
    take_answers(watch);
  }

  qsort(delays, answered, sizeof *delays, by_size);
  printf("{\"sent\":%llu,\"answered\":%llu,\"lost\":%llu,\"failed\":%llu,\"strange\":%llu,"
         "\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}\n",
         (unsigned long long)sent, (unsigned long long)answered, (unsigned long long)(sent - answered),
         (unsigned long long)failed, (unsigned long long)strange, at_share(0.5), at_share(0.9), at_share(0.99),
         at_share(0.999), at_share(1));
  return 0;
}
