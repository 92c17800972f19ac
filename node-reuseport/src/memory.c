// memory — large zeroed memory for tables that are read at random: in huge pages, where the system lends them, a look
// costs no walk through the page tables.
#include <errno.h>
#include <sys/mman.h>

#include "addon.h"
#include "failure.h"

// Memory of fewer pages than this would waste more than it saves.
enum { HUGE_PAGE = 1 << 21, LARGE = 8 * HUGE_PAGE };

static void unmap(napi_env env, void *data, void *hint) {
  (void)env;
  munmap(data, (size_t)(uintptr_t)hint);
}

// allocate(size): a zeroed Uint8Array that is never moved; pages are taken from the system when they are first touched.
static napi_value allocate(napi_env env, napi_callback_info info) {
  arguments args;
  int32_t size;
  if (!arguments_read(env, info, &args) || !read_int(env, args.at[0], &size) || size <= 0) {
    return fail_argument(env, "size: expected a number of bytes below 2 GiB");
  }
  void *memory = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return fail_errno(env, "mmap", errno, NULL);
  if (size >= LARGE) (void)madvise(memory, (size_t)size, MADV_HUGEPAGE);  // a wish: without, it is only slower
  return expose_memory(env, memory, (size_t)size, napi_uint8_array, (size_t)size, unmap, (void *)(uintptr_t)size);
}

napi_status memory_register(napi_env env, napi_value exports) { return export_function(env, exports, "allocate", allocate); }
