// socket — makes, describes, adopts and closes UDP sockets and TCP listeners: the control path.
#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addon.h"
#include "address.h"
#include "args.h"
#include "bounded.h"
#include "exports.h"
#include "fail.h"
#include "value.h"

// C libraries came to know it late.
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

// What JavaScript asked for: BindOptions or ConnectOptions of index.d.ts.
typedef struct {
  address_t address;
  socklen_t length;
  char where[ADDRESS_TEXT];
  bool reuse_port, free_bind, ipv6_only;
  int32_t receive_buffer, send_buffer, backlog, acknowledged_within;
} socket_request_t;

static bool socket_read_request(napi_env env, napi_callback_info info, socket_request_t *out) {
  args_t args;
  napi_value address;
  char text[ADDRESS_TEXT];
  size_t length;
  napi_valuetype type;
  if (!args_read(env, info, &args) || napi_typeof(env, args.at[0], &type) != napi_ok ||
      type != napi_object) {
    return fail_argument(env, "options: expected an object with address and port"), false;
  }
  bool given;
  if (!args_read_option(env, args.at[0], "address", &address, &given)) return false;
  if (napi_get_value_string_utf8(env, address, text, sizeof text, &length) != napi_ok) {
    return fail_argument(env, "address: expected an IP address as a string"), false;
  }
  int32_t port = -1;
  if (!args_read_int_option(env, args.at[0], "port", 0, 65535, &port)) return false;
  if (port < 0) return fail_argument(env, "port: expected an integer from 0 to 65535"), false;
  // A length that differs: a NUL in it, which C would take for the end.
  if (strlen(text) != length || !address_parse(text, port, &out->address, &out->length)) {
    return fail_argument(env, "address: expected an IPv4 or IPv6 address, not a host name"), false;
  }
  snprintf(out->where, sizeof out->where, strchr(text, ':') ? "[%.60s]:%d" : "%.60s:%d", text,
           port);
  out->reuse_port = out->ipv6_only = true;
  out->free_bind = false;
  out->receive_buffer = out->send_buffer = out->acknowledged_within = 0;
  out->backlog = 511;
  return args_read_bool_option(env, args.at[0], "reusePort", &out->reuse_port) &&
         args_read_bool_option(env, args.at[0], "freeBind", &out->free_bind) &&
         args_read_bool_option(env, args.at[0], "ipv6Only", &out->ipv6_only) &&
         args_read_int_option(env, args.at[0], "receiveBuffer", 0, INT32_MAX,
                              &out->receive_buffer) &&
         args_read_int_option(env, args.at[0], "sendBuffer", 0, INT32_MAX, &out->send_buffer) &&
         args_read_int_option(env, args.at[0], "acknowledgedWithin", 0, INT32_MAX,
                              &out->acknowledged_within) &&
         args_read_int_option(env, args.at[0], "backlog", 0, INT32_MAX, &out->backlog);
}

static int switch_on(int fd, int level, int name) {
  int on = 1;
  return setsockopt(fd, level, name, &on, sizeof on);
}

// The FORCE variant passes net.core.[rw]mem_max but needs CAP_NET_ADMIN; without it the capped
// variant gives as much as there is to have.
static void enlarge_buffer(int fd, int forced, int capped, int32_t bytes) {
  if (bytes > 0 && setsockopt(fd, SOL_SOCKET, forced, &bytes, sizeof bytes) != 0) {
    (void)setsockopt(fd, SOL_SOCKET, capped, &bytes, sizeof bytes);
  }
}

// Throws what failed, and nothing is open then: -1.
static int socket_open(napi_env env, const socket_request_t *request, int type) {
  int fd = socket(request->address.any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    fail_errno(env, "socket", errno, request->where);
    return -1;
  }
  enlarge_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, request->receive_buffer);
  enlarge_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, request->send_buffer);
  return fd;
}

// NULL, or the call that failed, with errno.
static const char *socket_bind(int fd, const socket_request_t *request, int type) {
  // A free port is chosen before it is shared: else it might be a port that a socket of ours
  // shares.
  bool any_port = request->address.v4.sin_port == 0;  // both families have it in the same place
  bool share_first = request->reuse_port && !any_port, share_then = request->reuse_port && any_port;
  int only = request->ipv6_only;
  if (share_first && switch_on(fd, SOL_SOCKET, SO_REUSEPORT) != 0) return "setsockopt";
  if (type == SOCK_STREAM && switch_on(fd, SOL_SOCKET, SO_REUSEADDR) != 0) return "setsockopt";
  // IP_FREEBIND covers both families: IPv6 sockets read the same flag.
  if (request->free_bind && switch_on(fd, SOL_IP, IP_FREEBIND) != 0) return "setsockopt";
  if (request->address.any.sa_family == AF_INET6 &&
      setsockopt(fd, SOL_IPV6, IPV6_V6ONLY, &only, sizeof only) != 0) {
    return "setsockopt";
  }
  if (bind(fd, &request->address.any, request->length) != 0) return "bind";
  if (share_then && switch_on(fd, SOL_SOCKET, SO_REUSEPORT) != 0) return "setsockopt";
  if (type == SOCK_STREAM && listen(fd, request->backlog) != 0) return "listen";
  return NULL;
}

static napi_value socket_open_bound(napi_env env, napi_callback_info info, int type) {
  socket_request_t request;
  if (!socket_read_request(env, info, &request)) return NULL;
  int fd = socket_open(env, &request, type);
  if (fd < 0) return NULL;
  const char *failed = socket_bind(fd, &request, type);
  return failed ? fail_and_close(env, fd, failed, request.where) : value_from_int(env, fd);
}

// bindUdp(options): a descriptor.
static napi_value socket_bind_udp(napi_env env, napi_callback_info info) {
  return socket_open_bound(env, info, SOCK_DGRAM);
}

// listenTcp(options): a descriptor.
static napi_value socket_listen_tcp(napi_env env, napi_callback_info info) {
  return socket_open_bound(env, info, SOCK_STREAM);
}

static napi_value socket_open_connected(napi_env env, napi_callback_info info, int type) {
  socket_request_t request;
  if (!socket_read_request(env, info, &request)) return NULL;
  int fd = socket_open(env, &request, type);
  if (fd < 0) return NULL;
  if (type == SOCK_STREAM) {
    (void)switch_on(fd, SOL_TCP, TCP_NODELAY);
    (void)setsockopt(fd, SOL_TCP, TCP_USER_TIMEOUT, &request.acknowledged_within,
                     sizeof request.acknowledged_within);
  }
  if (connect(fd, &request.address.any, request.length) != 0 && errno != EINPROGRESS) {
    return fail_and_close(env, fd, "connect", request.where);
  }
  return value_from_int(env, fd);
}

// connectUdp(options): a descriptor.
static napi_value socket_connect_udp(napi_env env, napi_callback_info info) {
  return socket_open_connected(env, info, SOCK_DGRAM);
}

// connectTcp(options): a descriptor; the connection may still be on its way.
static napi_value socket_connect_tcp(napi_env env, napi_callback_info info) {
  return socket_open_connected(env, info, SOCK_STREAM);
}

static int get_option(int fd, int level, int name) {
  int value = 0;
  socklen_t length = sizeof value;
  return getsockopt(fd, level, name, &value, &length) == 0 ? value : -1;
}

// describe(fd): what the kernel says about a socket, not what was asked of it.
static napi_value socket_describe(napi_env env, napi_callback_info info) {
  int32_t fd;
  if (!args_read_fd(env, info, &fd)) return NULL;
  address_t bound = {0};
  socklen_t length = sizeof bound;
  if (getsockname(fd, &bound.any, &length) != 0) return fail_errno(env, "getsockname", errno, NULL);
  char text[ADDRESS_TEXT];
  int port = 0;
  if (!address_format(&bound, text, sizeof text, &port)) {
    return fail_errno(env, "getsockname", EAFNOSUPPORT, NULL);
  }
  int type = get_option(fd, SOL_SOCKET, SO_TYPE);
  // Ping sockets and those of SCTP or MPTCP have the same types.
  const int protocol = get_option(fd, SOL_SOCKET, SO_PROTOCOL);
  if (!(type == SOCK_DGRAM && protocol == IPPROTO_UDP) &&
      !(type == SOCK_STREAM && protocol == IPPROTO_TCP)) {
    return fail_errno(env, "getsockopt", ESOCKTNOSUPPORT, NULL);
  }
  napi_value result;
  TRY(napi_create_object(env, &result));
  const bool made =
      value_set_text(env, result, "type", type == SOCK_DGRAM ? "udp" : "tcp") &&
      value_set_text(env, result, "address", text) && value_set_int(env, result, "port", port) &&
      value_set_int(env, result, "family", bound.any.sa_family == AF_INET6 ? 6 : 4) &&
      value_set_int(env, result, "receiveBuffer", get_option(fd, SOL_SOCKET, SO_RCVBUF)) &&
      value_set_int(env, result, "sendBuffer", get_option(fd, SOL_SOCKET, SO_SNDBUF)) &&
      value_set_bool(env, result, "reusePort", get_option(fd, SOL_SOCKET, SO_REUSEPORT) == 1) &&
      value_set_bool(env, result, "listening", get_option(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1);
  return made ? result : NULL;
}

// Of the network namespace of a socket; 0 where the kernel does not tell (before Linux 5.14).
static uint64_t network_of(int fd) {
  uint64_t cookie = 0;
  socklen_t length = sizeof cookie;
  return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length) == 0 ? cookie : 0;
}

// Whether what is sent to its address from here can come to it: of another network the same address
// is another one. Where that cannot be asked it is taken for ours.
static bool is_of_this_network(int fd) {
  int ours = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (ours < 0) return true;
  uint64_t its_network = network_of(fd), network = network_of(ours);
  close(ours);
  return its_network == network;
}

// adopt(fd): makes a descriptor from elsewhere fit for this package. O_NONBLOCK is a property of
// the open file description, so every duplicate of it, in every process, becomes non-blocking too.
static napi_value socket_adopt(napi_env env, napi_callback_info info) {
  int32_t fd;
  if (!args_read_fd(env, info, &fd)) return NULL;
  napi_value description = socket_describe(env, info);
  if (!description) return NULL;  // what is no UDP or TCP socket is left as it was
  if (!is_of_this_network(fd)) return fail_errno(env, "getsockopt", EXDEV, "network namespace");
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
      fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    return fail_errno(env, "fcntl", errno, NULL);
  }
  return description;
}

static napi_value socket_close(napi_env env, napi_callback_info info) {
  int32_t fd;
  if (!args_read_fd(env, info, &fd)) return NULL;
  if (bounded_close(fd) != 0) return fail_errno(env, "close", errno, NULL);
  return NULL;
}

// leaveGroup(fd): the kernel gives a UDP socket nothing more; what it has queued can be read, and
// replies sent. 0 or -errno.
//
// The kernel passes over a connected member of a reuseport group (Linux 5.3). A wildcard socket is
// refused: connecting would give it an address. It cannot be undone: a disconnected socket gets
// everything there is.
static napi_value socket_leave_group(napi_env env, napi_callback_info info) {
  int32_t fd;
  address_t own;
  socklen_t length = sizeof own;
  if (!args_read_fd(env, info, &fd)) return NULL;
  if (getsockname(fd, &own.any, &length) != 0) return value_from_int(env, -errno);
  bool v6 = own.any.sa_family == AF_INET6;
  if (v6 ? IN6_IS_ADDR_UNSPECIFIED(&own.v6.sin6_addr)
         : own.v4.sin_addr.s_addr == htonl(INADDR_ANY)) {
    return value_from_int(env, -EINVAL);
  }
  // To its own address, since a way there is sure to exist, and a port that nothing answers from.
  own.v4.sin_port = htons(1);  // both families have it in the same place
  return value_from_int(env, connect(fd, &own.any, length) == 0 ? 0 : -errno);
}

static bool read_size(napi_env env, napi_callback_info info, int32_t *fd, int32_t *bytes) {
  args_t args;
  if (args_read(env, info, &args) && args_read_int(env, args.at[0], fd) &&
      args_read_int(env, args.at[1], bytes) && *bytes > 0) {
    return true;
  }
  return fail_argument(env, "expected (fd, bytes), both integers, bytes more than 0"), false;
}

// setReceiveBuffer(fd, bytes): at least so many, as the kernel accounts them (it doubles them); or
// -errno. Never fewer: the capped variant would shrink what another process was allowed, so without
// the right nothing is changed.
static napi_value socket_set_receive_buffer(napi_env env, napi_callback_info info) {
  int32_t fd, bytes;
  if (!read_size(env, info, &fd, &bytes)) return NULL;
  int found = 0;
  socklen_t length = sizeof found;
  if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &found, &length) != 0) {
    return value_from_int(env, -errno);
  }
  if (found / 2 >= bytes) return value_from_int(env, found);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
    return value_from_int(env, -errno);
  }
  return value_from_int(env, get_option(fd, SOL_SOCKET, SO_RCVBUF));
}

// setSendBuffer(fd, bytes): at least so many, or as many as the limit of the system; as the kernel
// accounts them, or -errno.
static napi_value socket_set_send_buffer(napi_env env, napi_callback_info info) {
  int32_t fd, bytes;
  if (!read_size(env, info, &fd, &bytes)) return NULL;
  int found = 0;
  socklen_t length = sizeof found;
  if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &found, &length) != 0) {
    return value_from_int(env, -errno);
  }
  if (found / 2 < bytes) enlarge_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, bytes);
  return value_from_int(env, get_option(fd, SOL_SOCKET, SO_SNDBUF));
}

static bool read_memory(int fd, uint32_t found[SK_MEMINFO_VARS]) {
  socklen_t length = SK_MEMINFO_VARS * sizeof *found;
  memset(found, 0, length);
  return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, found, &length) == 0;
}

// queueDrops(fd): datagrams the kernel dropped because the socket's queue was full (Linux 4.12); or
// -errno.
static napi_value socket_queue_drops(napi_env env, napi_callback_info info) {
  int32_t fd;
  uint32_t found[SK_MEMINFO_VARS];
  if (!args_read_fd(env, info, &fd)) return NULL;
  if (!read_memory(fd, found)) return value_from_int(env, -errno);
  return value_from_double(env, found[SK_MEMINFO_DROPS]);
}

// bufferedMemory(fd): bytes of memory of what waits in the socket, both ways, and of what is kept
// ready for more (Linux 4.12); or -errno.
static napi_value socket_buffered_memory(napi_env env, napi_callback_info info) {
  int32_t fd;
  uint32_t found[SK_MEMINFO_VARS];
  if (!args_read_fd(env, info, &fd)) return NULL;
  if (!read_memory(fd, found)) return value_from_int(env, -errno);
  return value_from_double(env, (double)found[SK_MEMINFO_RMEM_ALLOC] +
                                    found[SK_MEMINFO_WMEM_QUEUED] + found[SK_MEMINFO_FWD_ALLOC]);
}

bool socket_register(napi_env env, napi_value exports) {
  const exports_function_t functions[] = {{"bindUdp", socket_bind_udp},
                                          {"listenTcp", socket_listen_tcp},
                                          {"connectUdp", socket_connect_udp},
                                          {"connectTcp", socket_connect_tcp},
                                          {"describe", socket_describe},
                                          {"adopt", socket_adopt},
                                          {"close", socket_close},
                                          {"leaveGroup", socket_leave_group},
                                          {"setReceiveBuffer", socket_set_receive_buffer},
                                          {"setSendBuffer", socket_set_send_buffer},
                                          {"queueDrops", socket_queue_drops},
                                          {"bufferedMemory", socket_buffered_memory}};
  return exports_add_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
