// channel — messages with descriptors between processes of one machine: SOCK_SEQPACKET on unix
// names, abstract ones or paths.
//
// An abstract name is of one network namespace, needs no file and goes with its last descriptor. It
// has no permissions either: both sides of a connection ask for the user of the other. Also here:
// how a process that holds another one's socket sees what waits there.
#include "channel.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "addon.h"
#include "args.h"
#include "bounded.h"
#include "exports.h"
#include "fail.h"
#include "value.h"

// The kernel passes no more of them in a message.
enum { MAX_DESCRIPTORS = 253 };

// How many bytes of a waiting datagram tell it from the next.
enum { HEAD = 64 };

static bool read_name(napi_env env, napi_callback_info info, struct sockaddr_un *out,
                      socklen_t *length) {
  args_t args;
  size_t size;
  char text[sizeof out->sun_path];
  memset(out, 0, sizeof *out);
  out->sun_family = AF_UNIX;
  if (!args_read(env, info, &args) ||
      napi_get_value_string_utf8(env, args.at[0], text, sizeof text, &size) != napi_ok ||
      size == 0 || size > sizeof text - 3) {
    return fail_argument(env, "name: expected a string of 1 to 105 bytes"), false;
  }
  const bool is_path = text[0] == '/';
  if (is_path && strlen(text) != size) {
    return fail_argument(env, "name: expected a path without a NUL"), false;
  }
  // A path ends with a NUL, which the length counts; an abstract name begins with one.
  memcpy(out->sun_path + (is_path ? 0 : 1), text, size);
  *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + size);
  return true;
}

static napi_value channel_open(napi_env env, napi_callback_info info, bool listening) {
  struct sockaddr_un name;
  socklen_t length;
  if (!read_name(env, info, &name, &length)) return NULL;
  const char *shown = name.sun_path + (name.sun_path[0] == '/' ? 0 : 1);
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail_errno(env, "socket", errno, shown);
  const char *call = listening ? "bind" : "connect";
  int result = listening ? bind(fd, (struct sockaddr *)&name, length)
                         : connect(fd, (struct sockaddr *)&name, length);
  if (result == 0 && listening) {
    call = "listen";
    result = listen(fd, 16);
  }
  if (result == 0) return value_from_int(env, fd);
  return fail_and_close(env, fd, call, shown);
}

// listenChannel(name): a descriptor.
static napi_value channel_listen(napi_env env, napi_callback_info info) {
  return channel_open(env, info, true);
}

// connectChannel(name): a descriptor.
static napi_value channel_connect(napi_env env, napi_callback_info info) {
  return channel_open(env, info, false);
}

// Of the process at the other end, as it was when that connected or listened; false with an error
// thrown.
static bool read_credentials(napi_env env, napi_callback_info info, struct ucred *peer) {
  int32_t fd;
  socklen_t length = sizeof *peer;
  if (!args_read_fd(env, info, &fd)) return false;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &length) == 0) return true;
  return fail_errno(env, "getsockopt", errno, NULL), false;
}

// peerUser(fd): effective uid of that process.
static napi_value channel_peer_user(napi_env env, napi_callback_info info) {
  struct ucred peer;
  if (!read_credentials(env, info, &peer)) return NULL;
  if (peer.uid == (uid_t)-1) return fail_errno(env, "getsockopt", ENOTCONN, NULL);
  return value_from_double(env, peer.uid);
}

// peerProcess(fd): id of that process as seen from here; 0 when it lives in another PID namespace.
static napi_value channel_peer_process(napi_env env, napi_callback_info info) {
  struct ucred peer;
  return read_credentials(env, info, &peer) ? value_from_int(env, (int32_t)peer.pid) : NULL;
}

// Room for the descriptors of a message, aligned as the kernel wants it.
typedef union {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(MAX_DESCRIPTORS * sizeof(int))];
} control_t;

static bool read_descriptors(napi_env env, napi_value array, int32_t **descriptors, size_t *count) {
  napi_typedarray_type type;
  void *data;
  if (napi_get_typedarray_info(env, array, &type, count, &data, NULL, NULL) != napi_ok ||
      type != napi_int32_array) {
    return fail_argument(env, "descriptors: expected an Int32Array"), false;
  }
  *descriptors = data;
  return true;
}

ssize_t channel_send(int fd, const uint8_t *bytes, size_t length, const int *descriptors,
                     size_t count) {
  assert(length > 0 && count <= MAX_DESCRIPTORS);
  control_t control;
  struct iovec piece = {.iov_base = (void *)bytes, .iov_len = length};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  if (count > 0) {
    memset(&control, 0, sizeof control);
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
  }
  ssize_t sent;
  do sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}

// sendMessage(fd, bytes, length, descriptors): one message with duplicates of the descriptors; its
// length or -errno.
static napi_value channel_send_message(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t fd, length;
  size_t count;
  if (!args_read(env, info, &args)) return NULL;
  if (!args_read_int(env, args.at[0], &fd) || !args_read_int(env, args.at[2], &length)) {
    return fail_argument(env, "expected (fd, bytes, length, descriptors)");
  }
  // An empty message would look like the end to its receiver.
  if (length < 1) return fail_argument(env, "length: expected at least 1");
  uint8_t *bytes = args_read_bytes(env, args.at[1], 0, length);
  if (!bytes) return NULL;
  int32_t *descriptors;
  if (!read_descriptors(env, args.at[3], &descriptors, &count)) return NULL;
  if (count > MAX_DESCRIPTORS) return fail_argument(env, "descriptors: expected at most 253");
  return value_from_int(env, (int32_t)channel_send(fd, bytes, (size_t)length, descriptors, count));
}

// receiveMessage(fd, bytes, descriptors): length of the message, 0 at the end, or -errno.
// descriptors[0] is how many came, they follow; too small an array or buffer closes all of them and
// gives -EMSGSIZE: half a message is none.
static napi_value channel_receive_message(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t fd;
  size_t room, size;
  void *data;
  napi_typedarray_type type;
  if (!args_read(env, info, &args)) return NULL;
  if (!args_read_int(env, args.at[0], &fd) ||
      napi_get_typedarray_info(env, args.at[1], &type, &size, &data, NULL, NULL) != napi_ok ||
      type != napi_uint8_array) {
    return fail_argument(env, "expected (fd, bytes, descriptors)");
  }
  int32_t *descriptors;
  if (!read_descriptors(env, args.at[2], &descriptors, &room)) return NULL;
  if (room < 1) return fail_argument(env, "descriptors: expected room for the count");
  control_t control;
  struct iovec piece = {.iov_base = data, .iov_len = size};
  struct msghdr message = {.msg_iov = &piece,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  ssize_t length;
  do length = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (length < 0 && errno == EINTR);
  descriptors[0] = 0;
  if (length < 0) return value_from_int(env, -errno);
  size_t stored = 0;  // not counted in the array, which another thread may share
  bool whole = !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC));
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int received;
      memcpy(&received, CMSG_DATA(header) + i * sizeof(int), sizeof received);
      if (stored + 1 >= room) whole = false;
      if (whole) {
        descriptors[++stored] = received;
      } else {
        bounded_close(received);
      }
    }
  }
  if (whole) {
    descriptors[0] = (int32_t)stored;
    return value_from_int(env, (int32_t)length);
  }
  for (size_t i = 1; i <= stored; i++) bounded_close(descriptors[i]);
  return value_from_int(env, -EMSGSIZE);
}

// sendDatagram(name, bytes, length): to a socket of another program (SOCK_DGRAM), by its name
// alone; the length or -errno. The kernel tells that program which process it is from.
static napi_value channel_send_datagram(napi_env env, napi_callback_info info) {
  struct sockaddr_un name;
  socklen_t size;
  args_t args;
  int32_t length;
  if (!read_name(env, info, &name, &size) || !args_read(env, info, &args)) return NULL;
  if (!args_read_int(env, args.at[2], &length)) {
    return fail_argument(env, "length: expected an integer");
  }
  uint8_t *bytes = args_read_bytes(env, args.at[1], 0, length);
  if (!bytes) return NULL;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return value_from_int(env, -errno);
  ssize_t sent = sendto(fd, bytes, (size_t)length, MSG_NOSIGNAL, (struct sockaddr *)&name, size);
  const int result = sent < 0 ? -errno : (int)sent;
  close(fd);
  return value_from_int(env, result);
}

// queueHead(fd): a number that tells the oldest waiting datagram from others; 0 when none waits;
// -errno. For a listener: 1 when a connection waits. Looking does not take it.
static napi_value channel_queue_head(napi_env env, napi_callback_info info) {
  int32_t fd;
  if (!args_read_fd(env, info, &fd)) return NULL;
  struct {
    struct sockaddr_storage from;
    uint8_t bytes[HEAD];
  } head;
  memset(&head, 0, sizeof head);
  struct iovec piece = {.iov_base = head.bytes, .iov_len = sizeof head.bytes};
  struct msghdr message = {
      .msg_name = &head.from, .msg_namelen = sizeof head.from, .msg_iov = &piece, .msg_iovlen = 1};
  ssize_t length = recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT);
  if (length < 0 && errno == ENOTCONN) {  // a listener: there is nothing to peek at
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    return value_from_int(env, poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLIN) ? 1 : 0);
  }
  if (length < 0) return value_from_int(env, errno == EAGAIN ? 0 : -errno);
  uint32_t hash = 2166136261u;
  const uint8_t *bytes = (const uint8_t *)&head;
  for (size_t i = 0; i < sizeof head; i++) hash = (hash ^ bytes[i]) * 16777619u;
  return value_from_int(env, (int32_t)(hash >> 1 | 1));
}

bool channel_register(napi_env env, napi_value exports) {
  const exports_function_t functions[] = {
      {"listenChannel", channel_listen},     {"connectChannel", channel_connect},
      {"peerUser", channel_peer_user},       {"peerProcess", channel_peer_process},
      {"sendMessage", channel_send_message}, {"receiveMessage", channel_receive_message},
      {"queueHead", channel_queue_head},     {"sendDatagram", channel_send_datagram}};
  return exports_add_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
