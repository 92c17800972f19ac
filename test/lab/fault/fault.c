// fault — system calls that fail on demand: preloaded into a process, ruled by a file that a test
// writes.
//
// The file named by FAULTS is mapped: what a test stores there holds from that instant on, and how
// often a call was failed is seen there. A rule is 16 words of 32 bits; it applies to calls of the
// main thread alone, so that it takes nothing from V8.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { RULES = 8, WORDS = 16, FILE_SIZE = 4096 };

// Words of a rule. The first is written last.
enum {
  RULE_CALL,     // 0: no rule
  RULE_ERRNO,    //
  RULE_KINDS,    // a sum of kinds; 0: any descriptor
  RULE_PORT,     // of either end of the socket, negative: of ours; 0: any
  RULE_LEFT,     // how often it still fails; negative: for ever
  RULE_UNTIL,    // CLOCK_MONOTONIC in milliseconds; 0: for ever
  RULE_PASSES,   // calls that are let through first
  RULE_PROCESS,  // 0: any
  RULE_MADE,     // how often it has failed
};

// In the order of chaos/host/failing-calls.ts.
enum {
  CALL_RECVMMSG = 1,
  CALL_SENDMMSG,
  CALL_RECVMSG,
  CALL_SENDMSG,
  CALL_RECV,
  CALL_READ,
  CALL_WRITE,
  CALL_ACCEPT4,
  CALL_SOCKET,
  CALL_BIND,
  CALL_LISTEN,
  CALL_CONNECT,
  CALL_SETSOCKOPT,
  CALL_GETSOCKOPT,
  CALL_GETSOCKNAME,
  CALL_GETPEERNAME,
  CALL_EPOLL_CTL,
  CALL_EPOLL_CREATE1,
  CALL_FCNTL,
  CALL_MMAP,
  CALL_MEMFD_CREATE,
  CALL_FTRUNCATE,
  CALL_SHUTDOWN,
};

enum {
  KIND_UDP = 1,          // a UDP socket that is not connected
  KIND_UPSTREAM = 2,     // a UDP socket that is
  KIND_LISTENER = 4,     // TCP
  KIND_TCP = 8,          // a connection
  KIND_RENDEZVOUS = 16,  // a seqpacket socket that listens
  KIND_CHANNEL = 32,     // … or is connected
  KIND_MEMORY = 64,      // a memfd
  KIND_NETLINK = 128,
  KIND_OTHER = 256,
};

static int32_t *rules;

__attribute__((constructor)) static void fault_open(void) {
  const char *path = getenv("FAULTS");
  if (!path) return;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *memory =
      (void *)syscall(SYS_mmap, NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  if (memory != MAP_FAILED) rules = memory;
}

static int raw_option(int fd, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return syscall(SYS_getsockopt, fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

static int kind_of(int fd) {
  int type = raw_option(fd, SO_TYPE);
  if (type < 0) return syscall(SYS_fcntl, fd, F_GET_SEALS) >= 0 ? KIND_MEMORY : KIND_OTHER;
  int domain = raw_option(fd, SO_DOMAIN);
  if (domain == AF_NETLINK) return KIND_NETLINK;
  bool listens = raw_option(fd, SO_ACCEPTCONN) > 0;
  if (domain == AF_UNIX)
    return type != SOCK_SEQPACKET ? KIND_OTHER : listens ? KIND_RENDEZVOUS : KIND_CHANNEL;
  if (domain != AF_INET && domain != AF_INET6) return KIND_OTHER;
  if (type == SOCK_STREAM) return listens ? KIND_LISTENER : KIND_TCP;
  struct sockaddr_storage peer;
  socklen_t size = sizeof peer;
  return syscall(SYS_getpeername, fd, &peer, &size) == 0 ? KIND_UPSTREAM : KIND_UDP;
}

// Of a socket that is not there yet.
static int kinds_made(int domain, int type) {
  type &= ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (domain == AF_NETLINK) return KIND_NETLINK;
  if (domain == AF_UNIX)
    return type == SOCK_SEQPACKET ? KIND_RENDEZVOUS | KIND_CHANNEL : KIND_OTHER;
  if (type == SOCK_STREAM) return KIND_LISTENER | KIND_TCP;
  return type == SOCK_DGRAM ? KIND_UDP | KIND_UPSTREAM : KIND_OTHER;
}

static bool has_port(int fd, int port) {
  const int calls[] = {SYS_getsockname, SYS_getpeername};
  for (int i = 0; i < (port < 0 ? 1 : 2); i++) {
    struct sockaddr_in6 name;  // the port of both families lies at the same place
    socklen_t size = sizeof name;
    memset(&name, 0, sizeof name);
    if (syscall(calls[i], fd, &name, &size) == 0 && ntohs(name.sin6_port) == abs(port)) return true;
  }
  return false;
}

// Whether that call is to fail now: errno is set then. `made`: kinds of what it would make; 0: it
// is about `fd`.
static bool fails(int call, int fd, int made) {
  if (!rules) return false;
  for (int i = 0; i < RULES; i++) {
    int32_t *rule = rules + i * WORDS;
    if (__atomic_load_n(&rule[RULE_CALL], __ATOMIC_ACQUIRE) != call) continue;
    int pid = (int)syscall(SYS_getpid);
    if (syscall(SYS_gettid) != pid) continue;
    if (rule[RULE_PROCESS] != 0 && rule[RULE_PROCESS] != pid) continue;
    if (rule[RULE_LEFT] == 0) continue;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int32_t ms = (int32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
    if (rule[RULE_UNTIL] != 0 && ms - rule[RULE_UNTIL] >= 0) continue;
    int before = errno;
    bool concerned = (rule[RULE_KINDS] == 0 || (rule[RULE_KINDS] & (made ? made : kind_of(fd)))) &&
                     (rule[RULE_PORT] == 0 || made || has_port(fd, rule[RULE_PORT]));
    errno = before;
    if (!concerned) continue;
    if (rule[RULE_PASSES] > 0) {
      rule[RULE_PASSES]--;
      continue;
    }
    if (rule[RULE_LEFT] > 0) rule[RULE_LEFT]--;
    rule[RULE_MADE]++;
    errno = rule[RULE_ERRNO];
    return true;
  }
  return false;
}

#define REAL(name)               \
  static __typeof__(name) *real; \
  if (!real) real = (__typeof__(real))dlsym(RTLD_NEXT, #name)

#define OF_DESCRIPTOR(result, name, call, parameters, arguments) \
  result name parameters {                                       \
    REAL(name);                                                  \
    return fails(call, fd, 0) ? -1 : real arguments;             \
  }

OF_DESCRIPTOR(int, recvmmsg, CALL_RECVMMSG,
              (int fd, struct mmsghdr *v, unsigned n, int flags, struct timespec *t),
              (fd, v, n, flags, t))
OF_DESCRIPTOR(int, sendmmsg, CALL_SENDMMSG, (int fd, struct mmsghdr *v, unsigned n, int flags),
              (fd, v, n, flags))
OF_DESCRIPTOR(ssize_t, recvmsg, CALL_RECVMSG, (int fd, struct msghdr *m, int flags), (fd, m, flags))
OF_DESCRIPTOR(ssize_t, sendmsg, CALL_SENDMSG, (int fd, const struct msghdr *m, int flags),
              (fd, m, flags))
OF_DESCRIPTOR(ssize_t, recv, CALL_RECV, (int fd, void *b, size_t n, int flags), (fd, b, n, flags))
OF_DESCRIPTOR(ssize_t, read, CALL_READ, (int fd, void *b, size_t n), (fd, b, n))
OF_DESCRIPTOR(ssize_t, write, CALL_WRITE, (int fd, const void *b, size_t n), (fd, b, n))
OF_DESCRIPTOR(int, accept4, CALL_ACCEPT4, (int fd, struct sockaddr *a, socklen_t *n, int flags),
              (fd, a, n, flags))
OF_DESCRIPTOR(int, bind, CALL_BIND, (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n))
OF_DESCRIPTOR(int, listen, CALL_LISTEN, (int fd, int n), (fd, n))
OF_DESCRIPTOR(int, connect, CALL_CONNECT, (int fd, const struct sockaddr *a, socklen_t n),
              (fd, a, n))
OF_DESCRIPTOR(int, setsockopt, CALL_SETSOCKOPT, (int fd, int l, int o, const void *v, socklen_t n),
              (fd, l, o, v, n))
OF_DESCRIPTOR(int, getsockopt, CALL_GETSOCKOPT, (int fd, int l, int o, void *v, socklen_t *n),
              (fd, l, o, v, n))
OF_DESCRIPTOR(int, getsockname, CALL_GETSOCKNAME, (int fd, struct sockaddr *a, socklen_t *n),
              (fd, a, n))
OF_DESCRIPTOR(int, getpeername, CALL_GETPEERNAME, (int fd, struct sockaddr *a, socklen_t *n),
              (fd, a, n))
OF_DESCRIPTOR(int, ftruncate, CALL_FTRUNCATE, (int fd, off_t n), (fd, n))
OF_DESCRIPTOR(int, ftruncate64, CALL_FTRUNCATE, (int fd, off64_t n), (fd, n))
OF_DESCRIPTOR(int, shutdown, CALL_SHUTDOWN, (int fd, int how), (fd, how))

int socket(int domain, int type, int protocol) {
  REAL(socket);
  return fails(CALL_SOCKET, -1, kinds_made(domain, type)) ? -1 : real(domain, type, protocol);
}

int epoll_create1(int flags) {
  REAL(epoll_create1);
  return fails(CALL_EPOLL_CREATE1, -1, KIND_OTHER) ? -1 : real(flags);
}

// What is watched counts, and only that it is watched from now on: what is watched already takes no
// watch, so the kernel says so and nothing else.
int epoll_ctl(int set, int operation, int fd, struct epoll_event *event) {
  REAL(epoll_ctl);
  int result = real(set, operation, fd, event);
  if (result != 0 || operation != EPOLL_CTL_ADD || !fails(CALL_EPOLL_CTL, fd, 0)) return result;
  int error = errno;
  (void)real(set, EPOLL_CTL_DEL, fd, NULL);
  errno = error;
  return -1;
}

int memfd_create(const char *name, unsigned flags) {
  REAL(memfd_create);
  return fails(CALL_MEMFD_CREATE, -1, KIND_MEMORY) ? -1 : real(name, flags);
}

#define MMAP(name, offset_t)                                                                   \
  void *name(void *at, size_t size, int protection, int flags, int fd, offset_t offset) {      \
    REAL(name);                                                                                \
    return fd >= 0 && fails(CALL_MMAP, fd, 0) ? MAP_FAILED                                     \
                                              : real(at, size, protection, flags, fd, offset); \
  }

MMAP(mmap, off_t)
MMAP(mmap64, off64_t)

#define FCNTL(name)                                                     \
  int name(int fd, int command, ...) {                                  \
    REAL(name);                                                         \
    va_list rest;                                                       \
    va_start(rest, command);                                            \
    void *argument = va_arg(rest, void *);                              \
    va_end(rest);                                                       \
    return fails(CALL_FCNTL, fd, 0) ? -1 : real(fd, command, argument); \
  }

FCNTL(fcntl)
FCNTL(fcntl64)

// How the addon sends and receives where no fence is needed: to and from upstreams.
long syscall(long number, ...) {
  REAL(syscall);
  va_list rest;
  va_start(rest, number);
  long with[6];
  for (int i = 0; i < 6; i++) with[i] = va_arg(rest, long);
  va_end(rest);
  if (number == SYS_sendto && fails(CALL_WRITE, (int)with[0], 0)) return -1;
  if (number == SYS_recvfrom && fails(CALL_RECV, (int)with[0], 0)) return -1;
  return real(number, with[0], with[1], with[2], with[3], with[4], with[5]);
}
