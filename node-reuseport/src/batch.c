// batch — datagrams received in batches straight into an arena, and replies sent from it.
#include "batch.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "address.h"
#include "args.h"
#include "fail.h"
#include "value.h"

// A full send buffer empties in microseconds; waiting longer than this means the device is gone.
enum { SEND_WAIT_MS = 5, SEND_WAITS = 4 };

__extension__ typedef unsigned __int128 product_t;

static inline uint64_t word_at(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, sizeof word);
  return word;
}

// Both halves of the product: the upper one brings what the high bits do down to the low ones.
// Without it a difference in the top bits goes its way unmixed, and can be made to cancel whatever
// the key is.
static inline uint64_t fold(uint64_t a, uint64_t b) {
  const product_t product = (product_t)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

// Keyed: a client that does not know the key can choose no datagrams that collide. Words are read
// whole, so there are at least 7 zero bytes behind the last one.
static uint32_t hash_bytes(const uint8_t *bytes, size_t length, const uint64_t key[HASH_WORDS]) {
  _Static_assert(ZERO_TAIL >= sizeof(uint64_t) - 1, "the last word ends in the zeros");
  const uint8_t *const end = bytes + length;
  uint64_t hash = key[0] ^ length;
  for (; bytes + 8 < end; bytes += 16) {
    hash = fold(word_at(bytes) ^ key[1], word_at(bytes + 8) ^ hash);
  }
  if (bytes < end) hash = fold(word_at(bytes) ^ key[1], hash);
  return (uint32_t)fold(hash ^ key[2], key[3]);
}

void batch_prepare_receive(arena_t *arena, int32_t i) {
  ASSERT_DATAGRAM(i >= 0 && i < arena->ring);
  arena->received[i] =
      (struct mmsghdr){.msg_hdr = {.msg_name = layout_cell_at(arena, i) + CELL_ADDRESS,
                                   .msg_namelen = sizeof(address_t),
                                   .msg_iov = &arena->received_into[i],
                                   .msg_iovlen = 1}};
}

// receive(fd, tag): how many datagrams are now in cells 0 … n-1, or -errno (EAGAIN: none waiting).
// The tag is stored before the call: a reader of the memory knows which socket the datagrams came
// from, however early this process ended.
napi_value batch_receive(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t fd, tag = 0;
  if (!args_read(env, info, &args)) return NULL;
  arena_t *arena = args.data;
  napi_valuetype type;
  if (!args_read_int(env, args.at[0], &fd)) return fail_argument(env, "fd: expected a descriptor");
  if (!args_read_int(env, args.at[1], &tag) &&
      (napi_typeof(env, args.at[1], &type) != napi_ok || type != napi_undefined)) {
    return fail_argument(env, "tag: expected an integer of 32 bits");
  }
  // To a reader of the memory, the lengths that the last receive left say "not answered"; by now
  // everything is answered or parked.
  assert(arena->marked >= 0 && arena->marked <= arena->ring);
  int32_t stale = arena->exclusive ? arena->marked : arena->ring;
  for (int32_t i = 0; i < stale; i++) batch_prepare_receive(arena, i);
  arena->marked = 0;
  // After that: the datagrams of the last receive have another tag.
  __atomic_store_n((uint32_t *)arena->memory + HEAD_TAG, (uint32_t)tag, __ATOMIC_RELEASE);
  int count;
  do {
    // MSG_TRUNC: the length that is told is the datagram's own; of a datagram that was cut it
    // exceeds the payload.
    count = recvmmsg(fd, arena->received, (unsigned)arena->ring, MSG_DONTWAIT | MSG_TRUNC, NULL);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return value_from_int(env, -errno);
  arena->marked = count;
  for (int i = 0; i < count; i++) {
    uint8_t *cell = layout_cell_at(arena, i);
    uint32_t *words = (uint32_t *)cell;
    // Read once: where the memory is not exclusive, another process can write to it.
    uint32_t length = __atomic_load_n(&arena->received[i].msg_len, __ATOMIC_RELAXED);
    uint32_t kept = length > (uint32_t)arena->payload ? (uint32_t)arena->payload : length;
    memset(cell + CELL_PAYLOAD + kept, 0, ZERO_TAIL);
    words[CELL_LENGTH] = length;
    words[CELL_TAG] = (uint32_t)tag;
    words[CELL_ADDRESS_LENGTH] = arena->received[i].msg_hdr.msg_namelen;
    words[CELL_HASH] = kept > 2 ? hash_bytes(cell + CELL_PAYLOAD + 2, kept - 2, arena->key) : 0;
  }
  return value_from_int(env, count);
}

// attach(bytes): region 1 of replies.
napi_value batch_attach(napi_env env, napi_callback_info info) {
  args_t args;
  napi_typedarray_type type;
  size_t size;
  void *data;
  if (!args_read(env, info, &args)) return NULL;
  if (napi_unwrap(env, args.self, &data) != napi_ok) {
    return fail_argument(env, "this: expected an Arena");
  }
  arena_t *arena = data;
  if (napi_get_typedarray_info(env, args.at[0], &type, &size, &data, NULL, NULL) != napi_ok ||
      type != napi_uint8_array || size > INT32_MAX) {
    return fail_argument(env, "bytes: expected a Uint8Array below 2 GiB");
  }
  if (arena->attached_ref) napi_delete_reference(env, arena->attached_ref);
  arena->attached_ref = NULL;
  TRY(napi_create_reference(env, args.at[0], 1, &arena->attached_ref));
  return NULL;
}

// Where the attached bytes are now: their buffer may have been transferred away or resized since
// the last send.
static void locate_attached(napi_env env, arena_t *arena) {
  napi_value bytes;
  size_t size = 0;
  void *data = NULL;
  if (arena->attached_ref &&
      napi_get_reference_value(env, arena->attached_ref, &bytes) == napi_ok && bytes) {
    (void)napi_get_typedarray_info(env, bytes, NULL, &size, &data, NULL, NULL);
  }
  arena->attached = data;
  arena->attached_size = data && size <= INT32_MAX ? (int32_t)size : 0;
}

// Fills message `i` of the send vector from its reply record; false when the record points outside
// of its region.
static bool batch_prepare_reply(arena_t *arena, int32_t i) {
  ASSERT_DATAGRAM(i >= 0 && i < arena->capacity);
  const int32_t *reply = arena->replies + (size_t)i * REPLY_WORDS;
  int32_t index = reply[REPLY_CELL], offset = reply[REPLY_OFFSET], length = reply[REPLY_LENGTH];
  if (index < 0 || index >= arena->cells || offset < 0 || length < 0) return false;
  uint8_t *cell = layout_cell_at(arena, index);
  // Read once, as in batch_receive.
  uint32_t name_length = __atomic_load_n((uint32_t *)cell + CELL_ADDRESS_LENGTH, __ATOMIC_RELAXED);
  if (name_length > sizeof(address_t)) return false;
  if (reply[REPLY_REGION] == REGION_ATTACHED) {
    if (length < 2 || length > arena->staging_each || offset > arena->attached_size - length) {
      return false;
    }
    uint8_t *staged = arena->staging + (size_t)i * (size_t)arena->staging_each;
    memcpy(staged, arena->attached + offset, (size_t)length);
    memcpy(staged, cell + CELL_PAYLOAD, 2);
    arena->sent_from[i].iov_base = staged;
  } else {
    if (reply[REPLY_REGION] != REGION_OUTBOX || offset > arena->outbox_size - length) return false;
    arena->sent_from[i].iov_base = arena->outbox + offset;
  }
  arena->sent_from[i].iov_len = (size_t)length;
  arena->sent[i].msg_hdr.msg_name = cell + CELL_ADDRESS;
  arena->sent[i].msg_hdr.msg_namelen = name_length;
  arena->sent[i].msg_hdr.msg_iov = &arena->sent_from[i];
  arena->sent[i].msg_hdr.msg_iovlen = 1;
  return true;
}

// Of what a call wants while others have it: it will do later.
static bool passes(int error) { return error == EAGAIN || error == ENOBUFS || error == ENOMEM; }

// send(fd, count): how many of the first `count` replies the kernel took; the others it refused for
// good. Negative: so many of them, the last ones, it had no room for, and they may be sent later.
napi_value batch_send(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t fd, count;
  if (!args_read(env, info, &args)) return NULL;
  arena_t *arena = args.data;
  if (!args_read_int(env, args.at[0], &fd) || !args_read_int(env, args.at[1], &count) ||
      count < 0 || count > arena->capacity) {
    return fail_argument(env, "expected (fd, count) with count no larger than the arena's replies");
  }
  locate_attached(env, arena);
  for (int32_t i = 0; i < count; i++) {
    if (!batch_prepare_reply(arena, i)) {
      return fail_argument(env, "replies: a record points outside of its region");
    }
  }
  int32_t taken = 0, waits = 0, retried = -1;
  for (int32_t next = 0; next < count;) {
    int sent =
        sendmmsg(fd, arena->sent + next, (unsigned)(count - next), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      next += sent;
      taken += sent;
    } else if (errno == EAGAIN && waits++ < SEND_WAITS) {
      struct pollfd writable = {.fd = fd, .events = POLLOUT};
      (void)poll(&writable, 1, SEND_WAIT_MS);
    } else if (passes(errno)) {
      return value_from_int(env, next - count);
    } else if (errno == ECONNREFUSED && retried != next) {
      // The error may be an earlier datagram's, and is cleared now (of a connected socket).
      retried = next;
    } else if (errno != EINTR) {
      next++;  // a client out of reach must not cost the others their answers
    }
  }
  return value_from_int(env, taken);
}
