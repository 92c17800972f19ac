// arena — memory that datagrams are received into and answered from: made, exposed, freed.
//
//   memfd:    | header page | vector: a mmsghdr for each ring slot | ring | parked | records |
//   slot:     | length hash state tag addrlen user sockaddr (64 bytes) | payload, zeros up to 64 |
//   private:  replies (what to send), outbox (bytes to send)
//
// receive() fills slots 0 … ring-1 anew at every call. A datagram that cannot be answered at once
// is copied by the caller into a parked slot. The memory is a memfd so that another process can be
// given it and see what was received even when this one is killed between the system call and its
// next instruction: nothing is copied from private memory, and the kernel itself writes the length
// of what it received into the vector. A reader takes nothing else from the vector: its pointers
// mean something in this process only. Nobody else can write to it where the kernel knows
// F_SEAL_FUTURE_WRITE (5.1); before that they are trusted not to, and receive() relies on nothing
// of what they could write.
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "addon.h"
#include "address.h"
#include "args.h"
#include "batch.h"
#include "crash.h"
#include "exports.h"
#include "fail.h"
#include "layout.h"
#include "memory.h"
#include "value.h"

static void arena_release(arena_t *arena) {
  if (--arena->holders > 0) return;
  if (arena->memory) munmap(arena->memory, arena->memory_size);
  if (arena->fd >= 0) close(arena->fd);
  free(arena->received_into);
  free(arena->sent);
  free(arena->sent_from);
  free(arena->replies);
  free(arena->outbox);
  free(arena->staging);
  free(arena);
}

// Of an array buffer or a bound method.
static void arena_part_finalized(napi_env env, void *data, void *hint) {
  (void)env, (void)data;
  arena_release(hint);
}

static void arena_finalized(napi_env env, void *data, void *hint) {
  (void)hint;
  arena_t *arena = data;
  if (arena->attached_ref) napi_delete_reference(env, arena->attached_ref);
  arena->attached_ref = NULL;
  arena_release(arena);
}

static bool arena_allocate(arena_t *arena) {
  size_t vector = ((size_t)arena->ring * sizeof *arena->received + 63) & ~(size_t)63,
         first_slot = HEADER_PAGE + vector;
  size_t records = first_slot + (size_t)arena->stride * (size_t)arena->slots;
  arena->memory_size = records + (size_t)arena->records_size;
  arena->fd = memfd_create("node-reuseport arena", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (arena->fd < 0 || ftruncate(arena->fd, (off_t)arena->memory_size) != 0) return false;
  // Sealed against shrinking: a reader that maps it can never be hit by SIGBUS.
  if (fcntl(arena->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) return false;
  void *memory = mmap(NULL, arena->memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, arena->fd, 0);
  if (memory == MAP_FAILED) return false;
  arena->memory = memory;
  // Touched now: a page that is missing when the kernel copies a datagram into it costs the
  // datagram if the process is being killed at that moment.
  memset(arena->memory, 0, first_slot + (size_t)arena->stride * (size_t)arena->ring);
  arena->exclusive = fcntl(arena->fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0;
  arena->received = (struct mmsghdr *)(arena->memory + HEADER_PAGE);
  arena->slots_memory = arena->memory + first_slot;
  arena->records = arena->memory + records;
  uint32_t *head = memory;
  head[HEAD_VERSION] = ARENA_VERSION;
  head[HEAD_RING] = (uint32_t)arena->ring;
  head[HEAD_SLOTS] = (uint32_t)arena->slots;
  head[HEAD_PAYLOAD] = (uint32_t)arena->payload;
  head[HEAD_STRIDE] = (uint32_t)arena->stride;
  head[HEAD_LENGTHS] = HEADER_PAGE + offsetof(struct mmsghdr, msg_len);
  head[HEAD_LENGTH_STRIDE] = sizeof(struct mmsghdr);
  head[HEAD_FIRST_SLOT] = (uint32_t)first_slot;
  head[HEAD_RECORDS] = (uint32_t)records;
  head[HEAD_RECORDS_SIZE] = (uint32_t)arena->records_size;
  arena->received_into = calloc((size_t)arena->ring, sizeof *arena->received_into);
  arena->sent = calloc((size_t)arena->capacity, sizeof *arena->sent);
  arena->sent_from = calloc((size_t)arena->capacity, sizeof *arena->sent_from);
  arena->replies = calloc((size_t)arena->capacity * REPLY_WORDS, sizeof *arena->replies);
  arena->outbox = calloc(1, (size_t)arena->outbox_size);
  arena->staging = calloc((size_t)arena->capacity, (size_t)arena->staging_each);
  if (!arena->received_into || !arena->sent || !arena->sent_from || !arena->replies ||
      !arena->outbox || !arena->staging) {
    errno = ENOMEM;
    return false;
  }
  if (getrandom(&arena->seed, sizeof arena->seed, 0) != (ssize_t)sizeof arena->seed) return false;
  for (int32_t i = 0; i < arena->ring; i++) {
    arena->received_into[i] = (struct iovec){.iov_base = layout_slot_at(arena, i) + SLOT_PAYLOAD,
                                             .iov_len = (size_t)arena->payload};
    batch_prepare_receive(arena, i);
  }
  // Last: a page without it is not ready.
  __atomic_store_n((uint32_t *)arena->memory + HEAD_MAGIC, ARENA_MAGIC, __ATOMIC_RELEASE);
  return true;
}

static bool arena_expose(napi_env env, napi_value self, const char *name, arena_t *arena,
                         void *data, size_t size, napi_typedarray_type type, size_t elements) {
  arena->holders++;
  napi_value array = memory_expose(env, data, size, type, elements, arena_part_finalized, arena);
  if (!array) return false;
  TRY(napi_set_named_property(env, self, name, array));
  return true;
}

// new Arena({ ring, parked, payload, replies, outbox, records })
static napi_value arena_new(napi_env env, napi_callback_info info) {
  args_t args;
  napi_valuetype type;
  if (!args_check_new(env, info)) return NULL;
  if (!args_read(env, info, &args) || napi_typeof(env, args.at[0], &type) != napi_ok ||
      type != napi_object) {
    return fail_argument(env, "options: expected an object");
  }
  int32_t ring = 64, parked = 0, payload = 1280, replies = 64, outbox = 1 << 17, records = 0;
  if (!args_read_int_option(env, args.at[0], "ring", 1, 1024, &ring) ||
      !args_read_int_option(env, args.at[0], "parked", 0, 1 << 16, &parked) ||
      !args_read_int_option(env, args.at[0], "payload", 64, 65536, &payload) ||
      !args_read_int_option(env, args.at[0], "replies", 1, 1024, &replies) ||
      !args_read_int_option(env, args.at[0], "outbox", 512, 1 << 26, &outbox) ||
      !args_read_int_option(env, args.at[0], "records", 0, 1 << 26, &records)) {
    return NULL;
  }
  int32_t stride = (SLOT_PAYLOAD + payload + ZERO_TAIL + 63) & ~63;
  if ((int64_t)stride * (ring + parked) + records > MOST_MEMORY) {
    return fail_argument(env, "ring, parked, payload and records: expected less than 2 GiB in all");
  }
  arena_t *arena = calloc(1, sizeof *arena);
  if (!arena) return fail_errno(env, "calloc", ENOMEM, NULL);
  arena->holders = 1;
  arena->fd = -1;
  arena->ring = ring;
  arena->slots = ring + parked;
  arena->payload = payload;
  arena->records_size = records;
  arena->stride = stride;
  arena->capacity = replies;
  arena->outbox_size = outbox;
  arena->staging_each = payload;
  if (!arena_allocate(arena)) {
    int error = errno;
    arena_release(arena);
    return fail_errno(env, "memfd_create", error, "arena");
  }
  if (napi_wrap(env, args.self, arena, arena_finalized, NULL, NULL) != napi_ok) {
    fail_status(env, "napi_wrap");
    arena_release(arena);
    return NULL;
  }
  if (!value_set_int(env, args.self, "fd", arena->fd) ||
      !value_set_int(env, args.self, "ring", ring) ||
      !value_set_int(env, args.self, "slots", arena->slots) ||
      !value_set_int(env, args.self, "payload", payload) ||
      !value_set_int(env, args.self, "stride", stride) ||
      !value_set_int(env, args.self, "capacity", replies) ||
      !value_bind_method(env, args.self, "receive", batch_receive, arena, &arena->holders,
                         arena_part_finalized) ||
      !value_bind_method(env, args.self, "send", batch_send, arena, &arena->holders,
                         arena_part_finalized)) {
    return NULL;
  }
  size_t slots_size = (size_t)arena->stride * (size_t)arena->slots;
  if (!arena_expose(env, args.self, "header", arena, arena->memory, HEADER_PAGE, napi_int32_array,
                    HEADER_WORDS) ||
      !arena_expose(env, args.self, "records", arena, arena->records, (size_t)records,
                    napi_uint8_array, (size_t)records) ||
      !arena_expose(env, args.self, "memory", arena, arena->slots_memory, slots_size,
                    napi_uint8_array, slots_size) ||
      !arena_expose(env, args.self, "replies", arena, arena->replies,
                    (size_t)replies * REPLY_WORDS * sizeof(int32_t), napi_int32_array,
                    (size_t)replies * REPLY_WORDS) ||
      !arena_expose(env, args.self, "outbox", arena, arena->outbox, (size_t)outbox,
                    napi_uint8_array, (size_t)outbox)) {
    return NULL;
  }
  return args.self;
}

bool arena_register(napi_env env, napi_value exports) {
  const exports_function_t methods[] = {{"attach", batch_attach}, {"markCrashes", crash_mark}};
  return exports_add_class(env, exports, "Arena", arena_new, methods,
                           sizeof methods / sizeof *methods);
}
