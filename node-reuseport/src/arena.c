// arena — datagrams received in batches straight into a memfd, and replies sent in batches from it.
//
//   memfd:  | slot 0 | slot 1 | … ring … | … parked … |          private:  replies (what to send), outbox (bytes to send)
//   slot:   | length hash - - addrlen - sockaddr … (64 bytes) | payload, rounded up to 64 |
//
// receive() fills slots 0 … ring-1 anew at every call. A datagram that cannot be answered at once is copied by the
// caller into a parked slot. The memory is a memfd so that another process can be given it and see what was received
// even when this one is killed between the system call and its next instruction: nothing is copied from private memory.
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <fcntl.h>

#include "addon.h"
#include "address.h"
#include "failure.h"

enum { SLOT_LENGTH = 0, SLOT_HASH = 1, SLOT_ADDRESS_LENGTH = 4, SLOT_ADDRESS_BYTE = 24, SLOT_HEADER = 64 };
enum { REPLY_SLOT, REPLY_REGION, REPLY_OFFSET, REPLY_LENGTH, REPLY_WORDS };
enum { REGION_OUTBOX = 0, REGION_ATTACHED = 1 };

// Bytes after the payload that are always zero, so that callers may compare whole words.
enum { ZERO_TAIL = 8 };

// A full send buffer empties in microseconds; waiting longer than this means the device is gone.
enum { SEND_WAIT_MS = 5, SEND_WAITS = 4 };

typedef struct {
  int holders;  // the wrapper and the three array buffers; the last one frees
  int fd;
  uint8_t *memory;
  size_t memory_size;
  int32_t ring, slots, payload, stride;
  uint64_t seed;
  struct mmsghdr *received;
  struct iovec *received_into;
  int32_t capacity;  // replies in one send
  struct mmsghdr *sent;
  struct iovec *sent_from;
  int32_t *replies;
  uint8_t *outbox;
  int32_t outbox_size;
  uint8_t *staging;  // attached bytes with the first two replaced; payload bytes a reply
  int32_t staging_each;
  napi_ref attached_ref;
  const uint8_t *attached;
  int32_t attached_size;
} arena;

static void arena_release(arena *it) {
  if (--it->holders > 0) return;
  if (it->memory) munmap(it->memory, it->memory_size);
  if (it->fd >= 0) close(it->fd);
  free(it->received);
  free(it->received_into);
  free(it->sent);
  free(it->sent_from);
  free(it->replies);
  free(it->outbox);
  free(it->staging);
  free(it);
}

static void buffer_finalized(napi_env env, void *data, void *hint) {
  (void)env, (void)data;
  arena_release(hint);
}

static void arena_finalized(napi_env env, void *data, void *hint) {
  (void)hint;
  arena *it = data;
  if (it->attached_ref) napi_delete_reference(env, it->attached_ref);
  it->attached_ref = NULL;
  arena_release(it);
}

static uint8_t *slot_at(const arena *it, int32_t index) { return it->memory + (size_t)index * (size_t)it->stride; }

// Not cryptographic: seeded so that nobody outside can choose datagrams that collide, and fast on short ones.
static uint32_t hash_bytes(const uint8_t *bytes, size_t length, uint64_t seed) {
  const uint64_t odd = 0x9e3779b97f4a7c15u;
  uint64_t hash = seed ^ (length * odd), word;
  for (; length >= 8; bytes += 8, length -= 8) {
    memcpy(&word, bytes, 8);
    hash = (hash ^ word) * odd;
    hash ^= hash >> 32;
  }
  word = 0;
  memcpy(&word, bytes, length);
  hash = (hash ^ word) * odd;
  hash ^= hash >> 29;
  hash *= odd;
  return (uint32_t)(hash >> 32);
}

static bool arena_allocate(arena *it) {
  it->memory_size = (size_t)it->stride * (size_t)it->slots;
  it->fd = memfd_create("node-reuseport arena", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (it->fd < 0 || ftruncate(it->fd, (off_t)it->memory_size) != 0) return false;
  // Sealed against shrinking: a reader that maps it can never be hit by SIGBUS.
  if (fcntl(it->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) return false;
  void *memory = mmap(NULL, it->memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, it->fd, 0);
  if (memory == MAP_FAILED) return false;
  it->memory = memory;
  it->received = calloc((size_t)it->ring, sizeof *it->received);
  it->received_into = calloc((size_t)it->ring, sizeof *it->received_into);
  it->sent = calloc((size_t)it->capacity, sizeof *it->sent);
  it->sent_from = calloc((size_t)it->capacity, sizeof *it->sent_from);
  it->replies = calloc((size_t)it->capacity * REPLY_WORDS, sizeof *it->replies);
  it->outbox = calloc(1, (size_t)it->outbox_size);
  it->staging = calloc((size_t)it->capacity, (size_t)it->staging_each);
  if (!it->received || !it->received_into || !it->sent || !it->sent_from || !it->replies || !it->outbox || !it->staging) {
    errno = ENOMEM;
    return false;
  }
  if (getrandom(&it->seed, sizeof it->seed, 0) != (ssize_t)sizeof it->seed) return false;
  for (int32_t i = 0; i < it->ring; i++) {
    uint8_t *slot = slot_at(it, i);
    it->received_into[i] = (struct iovec){.iov_base = slot + SLOT_HEADER, .iov_len = (size_t)it->payload};
    it->received[i].msg_hdr.msg_name = slot + SLOT_ADDRESS_BYTE;
    it->received[i].msg_hdr.msg_iov = &it->received_into[i];
    it->received[i].msg_hdr.msg_iovlen = 1;
  }
  return true;
}

static int32_t option(napi_env env, napi_value options, const char *name, int32_t fallback, int32_t low, int32_t high) {
  napi_value value;
  napi_valuetype type;
  int32_t number;
  if (napi_get_named_property(env, options, name, &value) != napi_ok || napi_typeof(env, value, &type) != napi_ok) return -1;
  if (type == napi_undefined) return fallback;
  return read_int(env, value, &number) && number >= low && number <= high ? number : -1;
}

static bool expose(napi_env env, napi_value self, const char *name, arena *it, void *data, size_t size, napi_typedarray_type type,
                   size_t elements) {
  napi_value buffer, array;
  it->holders++;
  if (napi_create_external_arraybuffer(env, data, size, buffer_finalized, it, &buffer) != napi_ok) {
    it->holders--;
    return false;
  }
  return napi_create_typedarray(env, type, elements, buffer, 0, &array) == napi_ok &&
         napi_set_named_property(env, self, name, array) == napi_ok;
}

// new Arena({ ring, parked, payload, replies, outbox })
static napi_value arena_new(napi_env env, napi_callback_info info) {
  arguments args;
  napi_valuetype type;
  if (!arguments_read(env, info, &args) || napi_typeof(env, args.at[0], &type) != napi_ok || type != napi_object) {
    return fail_argument(env, "options: expected an object");
  }
  int32_t ring = option(env, args.at[0], "ring", 64, 1, 1024);
  int32_t parked = option(env, args.at[0], "parked", 0, 0, 1 << 16);
  int32_t payload = option(env, args.at[0], "payload", 1280, 64, 65536);
  int32_t replies = option(env, args.at[0], "replies", 64, 1, 1024);
  int32_t outbox = option(env, args.at[0], "outbox", 1 << 17, 512, 1 << 26);
  if (ring < 0 || parked < 0 || payload < 0 || replies < 0 || outbox < 0) {
    return fail_argument(env, "options: expected ring 1-1024, parked 0-65536, payload 64-65536, replies 1-1024, outbox 512-67108864");
  }
  arena *it = calloc(1, sizeof *it);
  if (!it) return fail_errno(env, "calloc", ENOMEM, NULL);
  it->holders = 1;
  it->fd = -1;
  it->ring = ring;
  it->slots = ring + parked;
  it->payload = payload;
  it->stride = (SLOT_HEADER + payload + ZERO_TAIL + 63) & ~63;
  it->capacity = replies;
  it->outbox_size = outbox;
  it->staging_each = payload;
  if (!arena_allocate(it)) {
    int error = errno;
    arena_release(it);
    return fail_errno(env, "memfd_create", error, "arena");
  }
  if (napi_wrap(env, args.self, it, arena_finalized, NULL, NULL) != napi_ok) {
    arena_release(it);
    return NULL;
  }
  const struct {
    const char *name;
    int32_t value;
  } numbers[] = {{"fd", it->fd},           {"ring", ring},       {"slots", it->slots},
                 {"payload", payload},     {"stride", it->stride}, {"capacity", replies}};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    napi_set_named_property(env, args.self, numbers[i].name, make_int(env, numbers[i].value));
  }
  if (!expose(env, args.self, "memory", it, it->memory, it->memory_size, napi_uint8_array, it->memory_size) ||
      !expose(env, args.self, "replies", it, it->replies, (size_t)replies * REPLY_WORDS * sizeof(int32_t), napi_int32_array,
              (size_t)replies * REPLY_WORDS) ||
      !expose(env, args.self, "outbox", it, it->outbox, (size_t)outbox, napi_uint8_array, (size_t)outbox)) {
    return NULL;
  }
  return args.self;
}

static arena *arena_of(napi_env env, arguments *args) {
  void *data;
  if (napi_unwrap(env, args->self, &data) == napi_ok) return data;
  fail_argument(env, "this: expected an Arena");
  return NULL;
}

// receive(fd): datagrams now in slots 0 … n-1, or -errno (EAGAIN: none waiting).
static napi_value arena_receive(napi_env env, napi_callback_info info) {
  arguments args;
  int32_t fd;
  if (!arguments_read(env, info, &args)) return NULL;
  arena *it = arena_of(env, &args);
  if (!it) return NULL;
  if (!read_int(env, args.at[0], &fd)) return fail_argument(env, "fd: expected a descriptor");
  for (int32_t i = 0; i < it->ring; i++) it->received[i].msg_hdr.msg_namelen = sizeof(union address);
  int count;
  // MSG_TRUNC: the length reported is the datagram's own, so a cut one is recognised by being longer than a payload.
  do count = recvmmsg(fd, it->received, (unsigned)it->ring, MSG_DONTWAIT | MSG_TRUNC, NULL);
  while (count < 0 && errno == EINTR);
  if (count < 0) return make_int(env, -errno);
  for (int i = 0; i < count; i++) {
    uint8_t *slot = slot_at(it, i);
    uint32_t *words = (uint32_t *)slot;
    uint32_t length = it->received[i].msg_len;
    uint32_t kept = length > (uint32_t)it->payload ? (uint32_t)it->payload : length;
    memset(slot + SLOT_HEADER + kept, 0, ZERO_TAIL);
    words[SLOT_LENGTH] = length;
    words[SLOT_ADDRESS_LENGTH] = it->received[i].msg_hdr.msg_namelen;
    words[SLOT_HASH] = kept > 2 ? hash_bytes(slot + SLOT_HEADER + 2, kept - 2, it->seed) : 0;
  }
  return make_int(env, count);
}

// attach(bytes): region 1 of replies. The array must be neither resizable nor transferred away while attached.
static napi_value arena_attach(napi_env env, napi_callback_info info) {
  arguments args;
  napi_typedarray_type type;
  size_t size;
  void *data;
  if (!arguments_read(env, info, &args)) return NULL;
  arena *it = arena_of(env, &args);
  if (!it) return NULL;
  if (napi_get_typedarray_info(env, args.at[0], &type, &size, &data, NULL, NULL) != napi_ok || type != napi_uint8_array ||
      size > INT32_MAX) {
    return fail_argument(env, "bytes: expected a Uint8Array below 2 GiB");
  }
  if (it->attached_ref) napi_delete_reference(env, it->attached_ref);
  it->attached_ref = NULL;
  if (napi_create_reference(env, args.at[0], 1, &it->attached_ref) != napi_ok) return NULL;
  it->attached = data;
  it->attached_size = (int32_t)size;
  return NULL;
}

// Fills message `i` of the send vector from its reply record; false when the record points outside of its region.
static bool prepare_reply(arena *it, int32_t i) {
  const int32_t *reply = it->replies + (size_t)i * REPLY_WORDS;
  int32_t index = reply[REPLY_SLOT], offset = reply[REPLY_OFFSET], length = reply[REPLY_LENGTH];
  if (index < 0 || index >= it->slots || offset < 0 || length < 2) return false;
  uint8_t *slot = slot_at(it, index);
  uint32_t name_length = ((uint32_t *)slot)[SLOT_ADDRESS_LENGTH];
  if (name_length > sizeof(union address)) return false;
  if (reply[REPLY_REGION] == REGION_ATTACHED) {
    if (length > it->staging_each || offset > it->attached_size - length) return false;
    uint8_t *staged = it->staging + (size_t)i * (size_t)it->staging_each;
    memcpy(staged, it->attached + offset, (size_t)length);
    memcpy(staged, slot + SLOT_HEADER, 2);
    it->sent_from[i].iov_base = staged;
  } else {
    if (offset > it->outbox_size - length) return false;
    it->sent_from[i].iov_base = it->outbox + offset;
  }
  it->sent_from[i].iov_len = (size_t)length;
  it->sent[i].msg_hdr.msg_name = slot + SLOT_ADDRESS_BYTE;
  it->sent[i].msg_hdr.msg_namelen = name_length;
  it->sent[i].msg_hdr.msg_iov = &it->sent_from[i];
  it->sent[i].msg_hdr.msg_iovlen = 1;
  return true;
}

// send(fd, count): replies the kernel took of the first `count` records; the others it refused for good.
static napi_value arena_send(napi_env env, napi_callback_info info) {
  arguments args;
  int32_t fd, count;
  if (!arguments_read(env, info, &args)) return NULL;
  arena *it = arena_of(env, &args);
  if (!it) return NULL;
  if (!read_int(env, args.at[0], &fd) || !read_int(env, args.at[1], &count) || count < 0 || count > it->capacity) {
    return fail_argument(env, "expected (fd, count) with count no larger than the arena's replies");
  }
  for (int32_t i = 0; i < count; i++) {
    if (!prepare_reply(it, i)) return fail_argument(env, "replies: a record points outside of its region");
  }
  int32_t taken = 0, waits = 0;
  for (int32_t next = 0; next < count;) {
    int sent = sendmmsg(fd, it->sent + next, (unsigned)(count - next), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      next += sent;
      taken += sent;
    } else if (errno == EAGAIN && waits++ < SEND_WAITS) {
      struct pollfd writable = {.fd = fd, .events = POLLOUT};
      (void)poll(&writable, 1, SEND_WAIT_MS);
    } else if (errno != EINTR) {
      next++;  // one client out of reach must not cost the others their answer
    }
  }
  return make_int(env, taken);
}

napi_status arena_register(napi_env env, napi_value exports) {
  const napi_property_descriptor methods[] = {
      {"receive", NULL, arena_receive, NULL, NULL, NULL, napi_default, NULL},
      {"attach", NULL, arena_attach, NULL, NULL, NULL, napi_default, NULL},
      {"send", NULL, arena_send, NULL, NULL, NULL, napi_default, NULL},
  };
  napi_value constructor;
  napi_status status =
      napi_define_class(env, "Arena", NAPI_AUTO_LENGTH, arena_new, NULL, sizeof methods / sizeof *methods, methods, &constructor);
  return status == napi_ok ? napi_set_named_property(env, exports, "Arena", constructor) : status;
}
