// sends — what the way of a datagram through the kernel costs: sends many to one address, prints nanoseconds of processor time each.
//
// Over a pair of virtual interfaces the kernel carries the packet to the queue of its socket before the call returns, so the
// time of this thread has all of it.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum { length = 64, first = 2000 };

static double nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1e9 + now.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: sends ADDRESS PORT COUNT\n");
    return 2;
  }
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[2]))};
  int count = atoi(argv[3]), fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (inet_pton(AF_INET, argv[1], &to.sin_addr) != 1 || connect(fd, (void *)&to, sizeof to) != 0) {
    perror(argv[1]);
    return 1;
  }
  char datagram[length] = {0};
  double began = 0;
  for (int i = -first; i < count; i++) {
    if (i == 0) began = nanoseconds();
    if (send(fd, datagram, sizeof datagram, 0) < 0) {
      perror("send");
      return 1;
    }
  }
  printf("%.1f\n", (nanoseconds() - began) / count);
}
