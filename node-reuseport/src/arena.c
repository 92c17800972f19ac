// arena — memory that datagrams are received into and answered from: made, exposed, freed.
//
// receive() fills cells 0 … ring-1 anew at every call; the caller copies a datagram that cannot be
// answered at once into a parked cell. What to send (replies) and bytes to send (outbox) are
// private. The rest is a memfd: another process that was given it sees what was received even when
// this one is killed between the system call and its next instruction. So nothing is copied from
// private memory, and the kernel itself writes the length of what it received into the vector. No
// other process can write to the memory where the kernel knows F_SEAL_FUTURE_WRITE (5.1); before
// that they are trusted not to, and receive() relies on nothing that they could have written.
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "addon.h"
#include "args.h"
#include "batch.h"
#include "crash.h"
#include "exports.h"
#include "fail.h"
#include "layout.h"
#include "memory.h"
#include "value.h"

static void arena_release(arena_t *arena) {
  assert(arena->holders > 0);
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

// The memfd and its mapping; false with errno.
static bool arena_map(arena_t *arena) {
  const size_t vector = ((size_t)arena->ring * sizeof *arena->received + 63) & ~(size_t)63;
  const size_t first_cell = HEADER_PAGE + vector;
  const size_t records = first_cell + (size_t)arena->stride * (size_t)arena->cells;
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
  memset(arena->memory, 0, first_cell + (size_t)arena->stride * (size_t)arena->ring);
  arena->exclusive = fcntl(arena->fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0;
  arena->received = (struct mmsghdr *)(arena->memory + HEADER_PAGE);
  arena->cells_memory = arena->memory + first_cell;
  arena->records = arena->memory + records;
  uint32_t *head = memory;
  head[HEAD_VERSION] = ARENA_VERSION;
  head[HEAD_RING] = (uint32_t)arena->ring;
  head[HEAD_CELLS] = (uint32_t)arena->cells;
  head[HEAD_PAYLOAD] = (uint32_t)arena->payload;
  head[HEAD_STRIDE] = (uint32_t)arena->stride;
  head[HEAD_LENGTHS] = HEADER_PAGE + offsetof(struct mmsghdr, msg_len);
  head[HEAD_LENGTH_STRIDE] = sizeof(struct mmsghdr);
  head[HEAD_FIRST_CELL] = (uint32_t)first_cell;
  head[HEAD_RECORDS] = (uint32_t)records;
  head[HEAD_RECORDS_SIZE] = (uint32_t)arena->records_size;
  return true;
}

// What is private, and the vector that points to it; false with errno.
static bool arena_allocate(arena_t *arena) {
  const size_t replies = (size_t)arena->capacity;
  arena->received_into = calloc((size_t)arena->ring, sizeof *arena->received_into);
  arena->sent = calloc(replies, sizeof *arena->sent);
  arena->sent_from = calloc(replies, sizeof *arena->sent_from);
  arena->replies = calloc(replies * REPLY_WORDS, sizeof *arena->replies);
  arena->outbox = calloc(1, (size_t)arena->outbox_size);
  arena->staging = calloc(replies, (size_t)arena->staging_each);
  if (!arena->received_into || !arena->sent || !arena->sent_from || !arena->replies ||
      !arena->outbox || !arena->staging) {
    errno = ENOMEM;
    return false;
  }
  if (getrandom(arena->key, sizeof arena->key, 0) != (ssize_t)sizeof arena->key) return false;
  for (int32_t i = 0; i < arena->ring; i++) {
    arena->received_into[i] = (struct iovec){.iov_base = layout_cell_at(arena, i) + CELL_PAYLOAD,
                                             .iov_len = (size_t)arena->payload};
    batch_prepare_receive(arena, i);
  }
  // Last: a page without it is not ready.
  __atomic_store_n((uint32_t *)arena->memory + HEAD_MAGIC, ARENA_MAGIC, __ATOMIC_RELEASE);
  return true;
}

static bool arena_expose(napi_env env, napi_value self, const char *name, arena_t *arena,
                         void *data, napi_typedarray_type type, size_t elements) {
  const size_t size = elements * (type == napi_int32_array ? sizeof(int32_t) : 1);
  arena->holders++;
  napi_value array = memory_expose(env, data, size, type, elements, arena_part_finalized, arena);
  if (!array) return false;
  TRY(napi_set_named_property(env, self, name, array));
  return true;
}

// The properties and the bound methods of the object; false with an error thrown.
static bool arena_furnish(napi_env env, napi_value self, arena_t *arena) {
  const size_t cells_size = (size_t)arena->stride * (size_t)arena->cells;
  const size_t reply_words = (size_t)arena->capacity * REPLY_WORDS;
  const size_t records_size = (size_t)arena->records_size, outbox_size = (size_t)arena->outbox_size;
  return value_set_int(env, self, "fd", arena->fd) &&
         value_set_int(env, self, "ring", arena->ring) &&
         value_set_int(env, self, "cells", arena->cells) &&
         value_set_int(env, self, "payload", arena->payload) &&
         value_set_int(env, self, "stride", arena->stride) &&
         value_set_int(env, self, "capacity", arena->capacity) &&
         value_bind_method(env, self, "receive", batch_receive, arena, &arena->holders,
                           arena_part_finalized) &&
         value_bind_method(env, self, "send", batch_send, arena, &arena->holders,
                           arena_part_finalized) &&
         arena_expose(env, self, "header", arena, arena->memory, napi_int32_array, HEADER_WORDS) &&
         arena_expose(env, self, "records", arena, arena->records, napi_uint8_array,
                      records_size) &&
         arena_expose(env, self, "memory", arena, arena->cells_memory, napi_uint8_array,
                      cells_size) &&
         arena_expose(env, self, "replies", arena, arena->replies, napi_int32_array, reply_words) &&
         arena_expose(env, self, "outbox", arena, arena->outbox, napi_uint8_array, outbox_size);
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
  int32_t stride = (CELL_PAYLOAD + payload + ZERO_TAIL + 63) & ~63;
  if ((int64_t)stride * (ring + parked) + records > MOST_MEMORY) {
    return fail_argument(env, "ring, parked, payload and records: expected less than 2 GiB in all");
  }
  arena_t *arena = calloc(1, sizeof *arena);
  if (!arena) return fail_errno(env, "calloc", ENOMEM, NULL);
  *arena = (arena_t){.holders = 1,
                     .fd = -1,
                     .ring = ring,
                     .cells = ring + parked,
                     .payload = payload,
                     .records_size = records,
                     .stride = stride,
                     .capacity = replies,
                     .outbox_size = outbox,
                     .staging_each = payload};
  if (!arena_map(arena) || !arena_allocate(arena)) {
    int error = errno;
    arena_release(arena);
    return fail_errno(env, "memfd_create", error, "arena");
  }
  if (napi_wrap(env, args.self, arena, arena_finalized, NULL, NULL) != napi_ok) {
    fail_status(env, "napi_wrap");
    arena_release(arena);
    return NULL;
  }
  return arena_furnish(env, args.self, arena) ? args.self : NULL;
}

bool arena_register(napi_env env, napi_value exports) {
  const exports_function_t methods[] = {{"attach", batch_attach}, {"markCrashes", crash_mark}};
  return exports_add_class(env, exports, "Arena", arena_new, methods,
                           sizeof methods / sizeof *methods);
}
