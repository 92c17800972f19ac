// memory — mappings: large zeroed memory of our own, and what another process shares with us.
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "addon.h"
#include "failure.h"

// Tables are read at random: in huge pages, where the system lends them, a look costs no walk
// through the page tables. Memory of fewer pages than this would waste more than it saves.
enum { HUGE_PAGE = 1 << 21, LARGE = 8 * HUGE_PAGE };

static void unmap(napi_env env, void *data, void *hint) {
  (void)env;
  munmap(data, (size_t)(uintptr_t)hint);
}

// allocate(size): a zeroed Uint8Array that is never moved; pages are taken from the system when
// they are first touched.
static napi_value allocate(napi_env env, napi_callback_info info) {
  arguments args;
  int32_t size;
  if (!arguments_read(env, info, &args) || !read_int(env, args.at[0], &size) || size <= 0) {
    return fail_argument(env, "size: expected a number of bytes below 2 GiB");
  }
  void *memory =
      mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return fail_errno(env, "mmap", errno, NULL);
  if (size >= LARGE)
    (void)madvise(memory, (size_t)size, MADV_HUGEPAGE);  // a wish: without, it is only slower
  return expose_memory(env, memory, (size_t)size, napi_uint8_array, (size_t)size, unmap,
                       (void *)(uintptr_t)size);
}

bool sealed_size(napi_env env, int fd, size_t *size) {
  struct stat about;
  int seals = fcntl(fd, F_GET_SEALS);
  // Reading beyond a file's end is SIGBUS, and the one who made it is not trusted.
  if (seals < 0 || !(seals & F_SEAL_SHRINK))
    return fail_errno(env, "fcntl", seals < 0 ? errno : EPERM, "seals of shared memory"), false;
  // After the seals: a size seen before them might be gone by now.
  if (fstat(fd, &about) != 0) return fail_errno(env, "fstat", errno, NULL), false;
  *size = (size_t)about.st_size;
  if (*size == 0 || *size > INT32_MAX)
    return fail_errno(env, "mmap", EINVAL, "size of shared memory"), false;
  return true;
}

// mapMemory(fd): the whole of a memfd, as its maker writes it; what is written here stays here.
static napi_value map_memory(napi_env env, napi_callback_info info) {
  int32_t fd;
  size_t size;
  if (!read_fd(env, info, &fd)) return NULL;
  if (!sealed_size(env, fd, &size)) return NULL;
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  if (memory == MAP_FAILED) return fail_errno(env, "mmap", errno, NULL);
  return expose_memory(env, memory, size, napi_uint8_array, size, unmap, (void *)(uintptr_t)size);
}

napi_status memory_register(napi_env env, napi_value exports) {
  napi_status status = export_function(env, exports, "allocate", allocate);
  return status == napi_ok ? export_function(env, exports, "mapMemory", map_memory) : status;
}
