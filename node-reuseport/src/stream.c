// stream — accept, read, write, shutdown on non-blocking descriptors; results are numbers, negative
// ones are -errno, because EAGAIN is an ordinary answer here and an exception would cost more than
// the call.
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "addon.h"
#include "address.h"
#include "args.h"
#include "bounded.h"
#include "channel.h"
#include "exports.h"
#include "fail.h"
#include "fence.h"
#include "value.h"

// States of a connection as TCP_INFO tells them. The header that names them clashes with the header
// that has all of TCP_INFO.
enum { FIN_WAIT1 = 4, FIN_WAIT2 = 5, CLOSED = 7, LAST_ACK = 9, CLOSING = 11 };

static bool stream_read_range(napi_env env, const args_t *args, int32_t *fd, uint8_t **bytes,
                              int32_t *length) {
  int32_t offset;
  if (!args_read_int(env, args->at[0], fd) || !args_read_int(env, args->at[2], &offset) ||
      !args_read_int(env, args->at[3], length)) {
    return fail_argument(env, "expected (fd, buffer, offset, length)"), false;
  }
  *bytes = args_read_bytes(env, args->at[1], offset, *length);
  return *bytes != NULL;
}

// Of what is no socket: whether it blocks as little, as a TUN device does. Leaves errno alone.
static bool is_device(int fd) {
  int error = errno;
  int flags = fcntl(fd, F_GETFL);
  errno = error;
  return flags >= 0 && flags & O_NONBLOCK;
}

static napi_value stream_receive(napi_env env, napi_callback_info info, int flags) {
  args_t args;
  int32_t fd, length;
  uint8_t *bytes;
  if (!args_read(env, info, &args) || !stream_read_range(env, &args, &fd, &bytes, &length)) {
    return NULL;
  }
  ssize_t got;
  do got = recv(fd, bytes, (size_t)length, MSG_DONTWAIT | flags);
  while (got < 0 && errno == EINTR);
  if (got < 0 && errno == ENOTSOCK && flags == 0 && is_device(fd)) {
    do got = read(fd, bytes, (size_t)length);
    while (got < 0 && errno == EINTR);
  }
  return value_from_int(env, got < 0 ? -errno : (int32_t)got);
}

// read(fd, buffer, offset, length): bytes read; 0 is the end of a stream, or an empty datagram.
static napi_value stream_read(napi_env env, napi_callback_info info) {
  return stream_receive(env, info, 0);
}

// peek(fd, buffer, offset, length): as read, but the bytes stay in the kernel.
static napi_value stream_peek(napi_env env, napi_callback_info info) {
  return stream_receive(env, info, MSG_PEEK);
}

// discard(fd, length): takes bytes out of a TCP stream without copying them; how many, or -errno.
napi_value stream_discard(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t fd, length;
  if (!args_read(env, info, &args) || !args_read_int(env, args.at[0], &fd) ||
      !args_read_int(env, args.at[1], &length) || length < 0) {
    return fail_argument(env, "expected (fd, length)");
  }
  return value_from_int(
      env, fence_call(args.data,
                      &(fence_call_t){SYS_recvfrom, {fd, 0, length, MSG_DONTWAIT | MSG_TRUNC}}));
}

// wakeAt(fd, bytes): the descriptor of a stream counts as readable only with that many bytes
// waiting, or at its end.
napi_value stream_wake_at(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t fd, bytes;
  if (!args_read(env, info, &args) || !args_read_int(env, args.at[0], &fd) ||
      !args_read_int(env, args.at[1], &bytes) || bytes < 1) {
    return fail_argument(env, "expected (fd, bytes) with at least one byte");
  }
  const fence_call_t call = {SYS_setsockopt,
                             {fd, SOL_SOCKET, SO_RCVLOWAT, (long)&bytes, sizeof bytes}};
  return value_from_int(env, fence_call(args.data, &call));
}

// isUrgent(fd): whether the peer has sent urgent data that was not passed yet.
static napi_value stream_is_urgent(napi_env env, napi_callback_info info) {
  int32_t fd;
  if (!args_read_fd(env, info, &fd)) return NULL;
  struct pollfd waiting = {.fd = fd, .events = POLLPRI};
  napi_value urgent;
  TRY(napi_get_boolean(env, poll(&waiting, 1, 0) == 1 && waiting.revents & POLLPRI, &urgent));
  return urgent;
}

// setDelayedAck(fd, ms): see index.d.ts. Headers older than the option lack its number.
static napi_value stream_set_delayed_ack(napi_env env, napi_callback_info info) {
  enum { DELACK_MAX_US = 46 };
  args_t args;
  int32_t fd, ms;
  if (!args_read(env, info, &args) || !args_read_int(env, args.at[0], &fd) ||
      !args_read_int(env, args.at[1], &ms) || ms < 1 || ms > 1000) {
    return fail_argument(env, "expected (fd, ms) with 1 to 1000 milliseconds");
  }
  int us = ms * 1000;
  return value_from_int(
      env, setsockopt(fd, IPPROTO_TCP, DELACK_MAX_US, &us, sizeof us) == 0 ? 0 : -errno);
}

static bool read_tcp_info(int fd, struct tcp_info *out) {
  socklen_t length = sizeof *out;
  memset(out, 0, sizeof *out);
  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, out, &length) == 0;
}

// How far a connection is, and the bytes it has yet to send or have acknowledged, both of the same
// instant: nothing was acknowledged between two looks. False with errno, ENOTCONN when it has
// ended.
static bool read_progress(int fd, struct tcp_info *info, int *unacked) {
  struct tcp_info before;
  do {
    if (!read_tcp_info(fd, &before) || ioctl(fd, SIOCOUTQ, unacked) != 0 ||
        !read_tcp_info(fd, info)) {
      return false;
    }
  } while (before.tcpi_bytes_acked != info->tcpi_bytes_acked ||
           before.tcpi_state != info->tcpi_state);
  if (info->tcpi_state != CLOSED) return true;
  // The kernel no longer tells whether it ended with a FIN, which counts as a byte.
  errno = ENOTCONN;
  return false;
}

// written(fd): bytes ever given to the kernel to send on an accepted connection, by any process;
// -errno.
static napi_value stream_written(napi_env env, napi_callback_info info) {
  int32_t fd;
  if (!args_read_fd(env, info, &fd)) return NULL;
  struct tcp_info now;
  int unacked = 0;
  if (!read_progress(fd, &now, &unacked)) return value_from_int(env, -errno);
  int state = now.tcpi_state;
  bool ended = state == FIN_WAIT1 || state == FIN_WAIT2 || state == CLOSING || state == LAST_ACK;
  return value_from_double(env, (double)now.tcpi_bytes_acked + unacked - ended);
}

// peerOf(fd, peer): stores the sockaddr of a connection's other end (28 bytes); 0 or -errno.
static napi_value stream_peer_of(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t fd;
  if (!args_read(env, info, &args) || !args_read_int(env, args.at[0], &fd)) {
    return fail_argument(env, "expected (fd, peer)");
  }
  uint8_t *peer = args_read_bytes(env, args.at[1], 0, ADDRESS_BYTES);
  if (!peer) return NULL;
  address_t from = {0};
  socklen_t length = sizeof from;
  if (getpeername(fd, &from.any, &length) != 0) return value_from_int(env, -errno);
  memcpy(peer, &from, sizeof from);
  return value_from_int(env, 0);
}

// write(fd, buffer, offset, length): bytes the kernel took. A closed peer gives -EPIPE, never a
// signal.
napi_value stream_write(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t fd, length;
  uint8_t *bytes;
  if (!args_read(env, info, &args) || !stream_read_range(env, &args, &fd, &bytes, &length)) {
    return NULL;
  }
  int32_t put = fence_call(
      args.data,
      &(fence_call_t){SYS_sendto, {fd, (long)bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL}});
  if (put == -ENOTSOCK && is_device(fd)) {
    put = fence_call(args.data, &(fence_call_t){SYS_write, {fd, (long)bytes, length}});
  }
  return value_from_int(env, put);
}

// accept(fd, peer, channel, message): a connected descriptor, its peer's sockaddr written into
// `peer` (28 bytes), TCP_NODELAY set. With a channel a duplicate goes there before anything else
// happens, `message` beside it; bit 30 of the result is set when the channel did not take it.
static napi_value stream_accept(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t fd;
  if (!args_read(env, info, &args) || !args_read_int(env, args.at[0], &fd)) {
    return fail_argument(env, "expected (fd, peer)");
  }
  uint8_t *peer = args_read_bytes(env, args.at[1], 0, ADDRESS_BYTES);
  if (!peer) return NULL;
  int32_t channel = -1, length_of_message = 0;
  uint8_t *message = NULL;
  napi_valuetype type;
  if (napi_typeof(env, args.at[2], &type) == napi_ok && type != napi_undefined) {
    size_t size;
    if (!args_read_int(env, args.at[2], &channel) ||
        napi_get_typedarray_info(env, args.at[3], NULL, &size, NULL, NULL, NULL) != napi_ok) {
      return fail_argument(env, "channel and message: expected a descriptor and a Uint8Array");
    }
    length_of_message = size > INT32_MAX ? INT32_MAX : (int32_t)size;
    message = args_read_bytes(env, args.at[3], 0, length_of_message);
    if (!message) return NULL;
    // An empty message would look like the end to its receiver.
    if (length_of_message < 1) return fail_argument(env, "message: expected at least 1 byte");
  }
  address_t from = {0};
  socklen_t length = sizeof from;
  int accepted = bounded_accept(fd, &from.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted < 0) return value_from_int(env, -errno);
  int32_t untold =
      message && channel_send(channel, message, (size_t)length_of_message, &accepted, 1) < 0
          ? UNTOLD
          : 0;
  memcpy(peer, &from, sizeof from);
  int on = 1;
  (void)setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return value_from_int(env, accepted | untold);
}

// shutdown(fd, how): 0 or -errno. Unlike close it reaches the peer even while another process holds
// a duplicate.
napi_value stream_shutdown(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t fd, how;
  if (!args_read(env, info, &args) || !args_read_int(env, args.at[0], &fd) ||
      !args_read_int(env, args.at[1], &how)) {
    return fail_argument(env, "expected (fd, how)");
  }
  return value_from_int(env, fence_call(args.data, &(fence_call_t){SYS_shutdown, {fd, how}}));
}

// reset(fd): ends a connection for every holder, with a reset where its peer still has something to
// get: unlike after shutdown the kernel keeps nothing of it. 0 or -errno.
napi_value stream_reset(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t fd;
  if (!args_read(env, info, &args) || !args_read_int(env, args.at[0], &fd)) {
    return fail_argument(env, "expected (fd)");
  }
  const struct sockaddr none = {.sa_family = AF_UNSPEC};
  return value_from_int(
      env, fence_call(args.data, &(fence_call_t){SYS_connect, {fd, (long)&none, sizeof none}}));
}

// pendingError(fd): the errno a connect or an ICMP message left on the socket, cleared by asking; 0
// when none.
static napi_value stream_pending_error(napi_env env, napi_callback_info info) {
  int32_t fd;
  if (!args_read_fd(env, info, &fd)) return NULL;
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  return value_from_int(env, -error);
}

// formatAddress(bytes, offset): { address, port, family } of a sockaddr as accept and the arena
// store it.
static napi_value stream_format_address(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t offset;
  if (!args_read(env, info, &args) || !args_read_int(env, args.at[1], &offset)) {
    return fail_argument(env, "expected (bytes, offset)");
  }
  uint8_t *bytes = args_read_bytes(env, args.at[0], offset, ADDRESS_BYTES);
  if (!bytes) return NULL;
  address_t from;
  memcpy(&from, bytes, sizeof from);
  char text[ADDRESS_TEXT];
  int port = 0;
  if (!address_format(&from, text, sizeof text, &port)) {
    return fail_argument(env, "bytes: expected an IPv4 or IPv6 sockaddr");
  }
  napi_value result;
  TRY(napi_create_object(env, &result));
  const bool made = value_set_text(env, result, "address", text) &&
                    value_set_int(env, result, "port", port) &&
                    value_set_int(env, result, "family", from.any.sa_family == AF_INET6 ? 6 : 4);
  return made ? result : NULL;
}

bool stream_register(napi_env env, napi_value exports) {
  const exports_function_t functions[] = {{"read", stream_read},
                                          {"peek", stream_peek},
                                          {"discard", stream_discard},
                                          {"wakeAt", stream_wake_at},
                                          {"isUrgent", stream_is_urgent},
                                          {"written", stream_written},
                                          {"peerOf", stream_peer_of},
                                          {"setDelayedAck", stream_set_delayed_ack},
                                          {"write", stream_write},
                                          {"accept", stream_accept},
                                          {"shutdown", stream_shutdown},
                                          {"reset", stream_reset},
                                          {"pendingError", stream_pending_error},
                                          {"formatAddress", stream_format_address}};
  return exports_add_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
