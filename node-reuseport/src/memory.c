// memory — mappings: large zeroed memory of our own, and what another process shares with us.
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "addon.h"
#include "args.h"
#include "exports.h"
#include "fail.h"

// Tables are read at random: in huge pages, where the system lends them, a look costs no walk
// through the page tables. Memory of fewer pages than this would waste more than it saves.
enum { HUGE_PAGE = 1 << 21, LARGE = 8 * HUGE_PAGE };

napi_value memory_expose(napi_env env, void *data, size_t size, napi_typedarray_type type,
                         size_t elements, napi_finalize finalize, void *hint) {
  napi_value buffer, array;
  napi_status status = napi_create_external_arraybuffer(env, data, size, finalize, hint, &buffer);
  if (status == napi_ok &&
      napi_create_typedarray(env, type, elements, buffer, 0, &array) == napi_ok) {
    return array;
  }
  // Node calls the finalizer itself once it got as far as making a Buffer, and says "generic
  // failure" if that failed.
  if (status != napi_ok && status != napi_generic_failure) finalize(env, data, hint);
  bool thrown = false;
  if (napi_is_exception_pending(env, &thrown) == napi_ok && !thrown) {
    napi_throw_error(env, NULL, "this Node.js does not let addons expose memory of their own");
  }
  return NULL;
}

static void memory_unmap(napi_env env, void *data, void *hint) {
  (void)env;
  munmap(data, (size_t)(uintptr_t)hint);
}

// allocate(size): a zeroed Uint8Array that is never moved; pages are taken from the system when
// they are first touched.
static napi_value memory_allocate(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t size;
  if (!args_read(env, info, &args) || !args_read_int(env, args.at[0], &size) || size <= 0) {
    return fail_argument(env, "size: expected a number of bytes below 2 GiB");
  }
  void *memory =
      mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return fail_errno(env, "mmap", errno, NULL);
  if (size >= LARGE) {
    (void)madvise(memory, (size_t)size, MADV_HUGEPAGE);  // a wish: without, it is only slower
  }
  return memory_expose(env, memory, (size_t)size, napi_uint8_array, (size_t)size, memory_unmap,
                       (void *)(uintptr_t)size);
}

bool memory_sealed_size(napi_env env, int fd, size_t *size) {
  struct stat about;
  int seals = fcntl(fd, F_GET_SEALS);
  // Reading beyond a file's end is SIGBUS, and the maker of the file is not trusted.
  if (seals < 0 || !(seals & F_SEAL_SHRINK)) {
    return fail_errno(env, "fcntl", seals < 0 ? errno : EPERM, "seals of shared memory"), false;
  }
  // After the seals: a size seen before them might be gone by now.
  if (fstat(fd, &about) != 0) return fail_errno(env, "fstat", errno, NULL), false;
  *size = (size_t)about.st_size;
  if (*size == 0 || *size > INT32_MAX) {
    return fail_errno(env, "mmap", EINVAL, "size of shared memory"), false;
  }
  return true;
}

// mapMemory(fd): the whole of a memfd, as its maker writes it; what is written here stays here.
static napi_value memory_map(napi_env env, napi_callback_info info) {
  int32_t fd;
  size_t size;
  if (!args_read_fd(env, info, &fd)) return NULL;
  if (!memory_sealed_size(env, fd, &size)) return NULL;
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  if (memory == MAP_FAILED) return fail_errno(env, "mmap", errno, NULL);
  return memory_expose(env, memory, size, napi_uint8_array, size, memory_unmap,
                       (void *)(uintptr_t)size);
}

bool memory_register(napi_env env, napi_value exports) {
  const exports_function_t functions[] = {{"allocate", memory_allocate}, {"mapMemory", memory_map}};
  return exports_add_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
