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
#include "arena.h"

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
#include "failure.h"

static void arena_release(arena *it) {
  if (--it->holders > 0) return;
  if (it->memory) munmap(it->memory, it->memory_size);
  if (it->fd >= 0) close(it->fd);
  free(it->received_into);
  free(it->sent);
  free(it->sent_from);
  free(it->replies);
  free(it->outbox);
  free(it->staging);
  free(it);
}

// Of an array buffer or a bound method.
static void part_finalized(napi_env env, void *data, void *hint) {
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

static bool arena_allocate(arena *it) {
  size_t vector = ((size_t)it->ring * sizeof *it->received + 63) & ~(size_t)63,
         first_slot = HEADER_PAGE + vector;
  size_t records = first_slot + (size_t)it->stride * (size_t)it->slots;
  it->memory_size = records + (size_t)it->records_size;
  it->fd = memfd_create("node-reuseport arena", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (it->fd < 0 || ftruncate(it->fd, (off_t)it->memory_size) != 0) return false;
  // Sealed against shrinking: a reader that maps it can never be hit by SIGBUS.
  if (fcntl(it->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) return false;
  void *memory = mmap(NULL, it->memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, it->fd, 0);
  if (memory == MAP_FAILED) return false;
  it->memory = memory;
  // Touched now: a page that is missing when the kernel copies a datagram into it costs the
  // datagram if the process is being killed at that moment.
  memset(it->memory, 0, first_slot + (size_t)it->stride * (size_t)it->ring);
  it->exclusive = fcntl(it->fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0;
  it->received = (struct mmsghdr *)(it->memory + HEADER_PAGE);
  it->slots_memory = it->memory + first_slot;
  it->records = it->memory + records;
  uint32_t *head = memory;
  head[HEAD_VERSION] = LAYOUT_VERSION;
  head[HEAD_RING] = (uint32_t)it->ring;
  head[HEAD_SLOTS] = (uint32_t)it->slots;
  head[HEAD_PAYLOAD] = (uint32_t)it->payload;
  head[HEAD_STRIDE] = (uint32_t)it->stride;
  head[HEAD_LENGTHS] = HEADER_PAGE + offsetof(struct mmsghdr, msg_len);
  head[HEAD_LENGTH_STRIDE] = sizeof(struct mmsghdr);
  head[HEAD_FIRST_SLOT] = (uint32_t)first_slot;
  head[HEAD_RECORDS] = (uint32_t)records;
  head[HEAD_RECORDS_SIZE] = (uint32_t)it->records_size;
  it->received_into = calloc((size_t)it->ring, sizeof *it->received_into);
  it->sent = calloc((size_t)it->capacity, sizeof *it->sent);
  it->sent_from = calloc((size_t)it->capacity, sizeof *it->sent_from);
  it->replies = calloc((size_t)it->capacity * REPLY_WORDS, sizeof *it->replies);
  it->outbox = calloc(1, (size_t)it->outbox_size);
  it->staging = calloc((size_t)it->capacity, (size_t)it->staging_each);
  if (!it->received_into || !it->sent || !it->sent_from || !it->replies || !it->outbox ||
      !it->staging) {
    errno = ENOMEM;
    return false;
  }
  if (getrandom(&it->seed, sizeof it->seed, 0) != (ssize_t)sizeof it->seed) return false;
  for (int32_t i = 0; i < it->ring; i++) {
    it->received_into[i] =
        (struct iovec){.iov_base = slot_at(it, i) + SLOT_HEADER, .iov_len = (size_t)it->payload};
    prepare_receive(it, i);
  }
  // Last: a page without it is not ready.
  __atomic_store_n((uint32_t *)it->memory + HEAD_MAGIC, MAGIC, __ATOMIC_RELEASE);
  return true;
}

static bool expose(napi_env env, napi_value self, const char *name, arena *it, void *data,
                   size_t size, napi_typedarray_type type, size_t elements) {
  it->holders++;
  napi_value array = expose_memory(env, data, size, type, elements, part_finalized, it);
  return array && napi_set_named_property(env, self, name, array) == napi_ok;
}

// new Arena({ ring, parked, payload, replies, outbox, records })
static napi_value arena_new(napi_env env, napi_callback_info info) {
  arguments args;
  napi_valuetype type;
  if (!constructing(env, info)) return NULL;
  if (!arguments_read(env, info, &args) || napi_typeof(env, args.at[0], &type) != napi_ok ||
      type != napi_object) {
    return fail_argument(env, "options: expected an object");
  }
  int32_t ring = 64, parked = 0, payload = 1280, replies = 64, outbox = 1 << 17, records = 0;
  if (!read_int_option(env, args.at[0], "ring", 1, 1024, &ring) ||
      !read_int_option(env, args.at[0], "parked", 0, 1 << 16, &parked) ||
      !read_int_option(env, args.at[0], "payload", 64, 65536, &payload) ||
      !read_int_option(env, args.at[0], "replies", 1, 1024, &replies) ||
      !read_int_option(env, args.at[0], "outbox", 512, 1 << 26, &outbox) ||
      !read_int_option(env, args.at[0], "records", 0, 1 << 26, &records)) {
    return NULL;
  }
  int32_t stride = (SLOT_HEADER + payload + ZERO_TAIL + 63) & ~63;
  if ((int64_t)stride * (ring + parked) + records > MOST_MEMORY) {
    return fail_argument(env, "ring, parked, payload and records: expected less than 2 GiB in all");
  }
  arena *it = calloc(1, sizeof *it);
  if (!it) return fail_errno(env, "calloc", ENOMEM, NULL);
  it->holders = 1;
  it->fd = -1;
  it->ring = ring;
  it->slots = ring + parked;
  it->payload = payload;
  it->records_size = records;
  it->stride = stride;
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
  } numbers[] = {{"fd", it->fd},       {"ring", ring},         {"slots", it->slots},
                 {"payload", payload}, {"stride", it->stride}, {"capacity", replies}};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    napi_set_named_property(env, args.self, numbers[i].name, make_int(env, numbers[i].value));
  }
  if (!bind_method(env, args.self, "receive", arena_receive, it, &it->holders, part_finalized) ||
      !bind_method(env, args.self, "send", arena_send, it, &it->holders, part_finalized)) {
    return NULL;
  }
  size_t slots_size = (size_t)it->stride * (size_t)it->slots;
  if (!expose(env, args.self, "header", it, it->memory, HEADER_PAGE, napi_int32_array,
              HEADER_WORDS) ||
      !expose(env, args.self, "records", it, it->records, (size_t)records, napi_uint8_array,
              (size_t)records) ||
      !expose(env, args.self, "memory", it, it->slots_memory, slots_size, napi_uint8_array,
              slots_size) ||
      !expose(env, args.self, "replies", it, it->replies,
              (size_t)replies * REPLY_WORDS * sizeof(int32_t), napi_int32_array,
              (size_t)replies * REPLY_WORDS) ||
      !expose(env, args.self, "outbox", it, it->outbox, (size_t)outbox, napi_uint8_array,
              (size_t)outbox)) {
    return NULL;
  }
  return args.self;
}

napi_status arena_register(napi_env env, napi_value exports) {
  const napi_property_descriptor methods[] = {
      {"attach", NULL, arena_attach, NULL, NULL, NULL, napi_default, NULL},
      {"markCrashes", NULL, arena_mark_crashes, NULL, NULL, NULL, napi_default, NULL},
  };
  napi_value constructor;
  napi_status status = napi_define_class(env, "Arena", NAPI_AUTO_LENGTH, arena_new, NULL,
                                         sizeof methods / sizeof *methods, methods, &constructor);
  return status == napi_ok ? napi_set_named_property(env, exports, "Arena", constructor) : status;
}
