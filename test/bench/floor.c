// floor — the least a UDP answer can cost: receive up to 64 datagrams, set QR, send them back. No parsing, no cache.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { batch = 64, datagram = 2048, queue = 4 << 20 };

static unsigned char bytes[batch][datagram];
static struct sockaddr_in clients[batch];
static struct iovec pieces[batch];
static struct mmsghdr messages[batch];

static int give_up(const char *what) {
  perror(what);
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: floor IPV4-ADDRESS PORT\n");
    return 2;
  }
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[2]))};
  if (inet_pton(AF_INET, argv[1], &here.sin_addr) != 1) return give_up("address");

  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return give_up("socket");
  int on = 1, size = queue;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0) return give_up("SO_REUSEPORT");
  // The forced one needs NET_ADMIN; the plain one is capped by net.core.rmem_max.
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  if (bind(fd, (struct sockaddr *)&here, sizeof here) < 0) return give_up("bind");

  for (int i = 0; i < batch; i++) {
    pieces[i].iov_base = bytes[i];
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_name = &clients[i];
  }
  for (;;) {
    for (int i = 0; i < batch; i++) {
      pieces[i].iov_len = datagram;
      messages[i].msg_hdr.msg_namelen = sizeof clients[i];
    }
    int got = recvmmsg(fd, messages, batch, MSG_WAITFORONE, NULL);
    if (got < 0) continue;
    for (int i = 0; i < got; i++) {
      pieces[i].iov_len = messages[i].msg_len;
      if (messages[i].msg_len >= 12) bytes[i][2] |= 0x80;
    }
    for (int sent = 0; sent < got;) {
      int n = sendmmsg(fd, messages + sent, (unsigned)(got - sent), 0);
      sent += n > 0 ? n : 1;
    }
  }
}
