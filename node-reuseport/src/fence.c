// fence — calls on descriptors that another process may take for its own at any moment: made only
// while none has.
//
// Who looks first and calls then may be stopped in between, for an hour, and calls all the same.
// Here both are one restartable sequence (rseq(2)): a thread that is stopped, or only preempted,
// before its last instruction, which is the system call, is sent back by the kernel to look again.
#include "fence.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "addon.h"
#include "args.h"
#include "exports.h"
#include "fail.h"
#include "layout.h"
#include "memory.h"
#include "stream.h"
#include "value.h"

struct fence {
  int holders;  // the wrapper and the bound methods; the last one frees
  uint8_t *restartable;
  const int32_t *own;
  const int32_t *theirs[FENCE_PLACES];
};

static const int32_t nobody[HEADER_WORDS];

static void unmap_page(const int32_t *word) {
  uintptr_t page = (uintptr_t)word & ~(uintptr_t)(HEADER_PAGE - 1);
  if (word < nobody || word >= nobody + HEADER_WORDS) munmap((void *)page, HEADER_PAGE);
}

// A word of the header page of somebody's arena, which stays mapped whatever becomes of the arena;
// NULL with an error thrown.
static const int32_t *map_word(napi_env env, int fd, int32_t word) {
  size_t size;
  if (!memory_sealed_size(env, fd, &size)) return NULL;
  if (size < HEADER_PAGE) return fail_errno(env, "mmap", EINVAL, "size of shared memory"), NULL;
  int32_t *page = mmap(NULL, HEADER_PAGE, PROT_READ, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED) return fail_errno(env, "mmap", errno, NULL), NULL;
  return page + word;
}

static void fence_release(fence_t *fence) {
  if (--fence->holders > 0) return;
  unmap_page(fence->own);
  for (int i = 0; i < FENCE_PLACES; i++) unmap_page(fence->theirs[i]);
  free(fence);
}

static void holder_finalized(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  fence_release(data);
}

static bool is_taken(const fence_t *fence) {
  int32_t own = __atomic_load_n(fence->own, __ATOMIC_SEQ_CST);
  for (int i = 0; i < FENCE_PLACES; i++) {
    if (__atomic_load_n(fence->theirs[i], __ATOMIC_SEQ_CST) == own) return true;
  }
  return false;
}

// Where the kernel looks whether this thread is in a restartable sequence, if the C library has
// told it; else NULL.
static uint8_t *find_restartable(void) {
#if defined(__x86_64__)
  const unsigned int *size = dlsym(RTLD_DEFAULT, "__rseq_size");
  const ptrdiff_t *offset = dlsym(RTLD_DEFAULT, "__rseq_offset");  // glibc 2.35
  uint8_t *thread;
  __asm__("movq %%fs:0, %0" : "=r"(thread));
  if (size && offset && *size > 0) return thread + *offset;
#endif
  return NULL;
}

#if defined(__x86_64__)
// Of struct rseq and struct rseq_cs in linux/rseq.h; the number is what the C library has
// registered with.
enum { RSEQ_CS = 8, RSEQ_SIGNATURE = 0x53053053 };

static long call_restartably(const fence_t *fence, const fence_call_t *call) {
  long result = call->number;
  register long fourth __asm__("r10") = call->with[3];
  register long fifth __asm__("r8") = call->with[4];
  register long sixth __asm__("r9") = call->with[5];
  __asm__ volatile(
      ".pushsection .data.rel.ro.fence, \"aw\"\n"
      ".balign 32\n"
      "10: .long 0, 0\n"
      ".quad 20f, 30f - 20f, 40f\n"
      ".popsection\n"
      "11: leaq 10b(%%rip), %%rcx\n"
      "movq %%rcx, %c[sequence](%[area])\n"
      "20: movq %c[own](%[fence]), %%rcx\n"
      "movl (%%rcx), %%ecx\n"
      "movq %c[first](%[fence]), %%r11\n"
      "cmpl (%%r11), %%ecx\n"
      "je 50f\n"
      "movq %c[first]+8(%[fence]), %%r11\n"
      "cmpl (%%r11), %%ecx\n"
      "je 50f\n"
      "movq %c[first]+16(%[fence]), %%r11\n"
      "cmpl (%%r11), %%ecx\n"
      "je 50f\n"
      "movq %c[first]+24(%[fence]), %%r11\n"
      "cmpl (%%r11), %%ecx\n"
      "je 50f\n"
      "movq %c[first]+32(%[fence]), %%r11\n"
      "cmpl (%%r11), %%ecx\n"
      "je 50f\n"
      "movq %c[first]+40(%[fence]), %%r11\n"
      "cmpl (%%r11), %%ecx\n"
      "je 50f\n"
      "movl %[pause], %%ecx\n"  // 0 but in a test, which has to stop a thread here
      "21: subl $1, %%ecx\n"
      "jns 21b\n"
      "syscall\n"
      "30:\n"
      ".pushsection .text.fence, \"ax\"\n"
      ".byte 0x0f, 0xb9, 0x3d\n"  // an instruction that traps, of which the number is a part
      ".long %c[signature]\n"
      "40: jmp 11b\n"
      "50: movq %[stale], %%rax\n"
      "jmp 30b\n"
      ".popsection\n"
      : "+a"(result)
      : "D"(call->with[0]), "S"(call->with[1]), "d"(call->with[2]), "r"(fourth), "r"(fifth),
        "r"(sixth), [fence] "r"(fence), [area] "r"(fence->restartable), [sequence] "i"(RSEQ_CS),
        [own] "i"(offsetof(fence_t, own)), [first] "i"(offsetof(fence_t, theirs)),
        [pause] "i"(FENCE_PAUSE), [signature] "i"(RSEQ_SIGNATURE), [stale] "i"(-ESTALE)
      : "rcx", "r11", "cc", "memory");
  return result;
}
#endif

static long call_once(const fence_t *fence, const fence_call_t *call) {
#if defined(__x86_64__)
  if (fence && fence->restartable) return call_restartably(fence, call);
#endif
  if (fence && is_taken(fence)) return -ESTALE;
  for (volatile int i = FENCE_PAUSE; i > 0; i--) {
  }
  long result = syscall(call->number, call->with[0], call->with[1], call->with[2], call->with[3],
                        call->with[4], call->with[5]);
  return result < 0 ? -errno : result;
}

int32_t fence_call(const fence_t *fence, const fence_call_t *call) {
  long result;
  do result = call_once(fence, call);
  while (result == -EINTR);
  return (int32_t)result;
}

// watch(place, fd, word): from now on that word is looked at, too, in place of what was there;
// nothing with a negative fd.
static napi_value fence_watch(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t place, fd, word = 0;
  if (!args_read(env, info, &args)) return NULL;
  if (!args_read_int(env, args.at[0], &place) || !args_read_int(env, args.at[1], &fd) ||
      place < 0 || place >= FENCE_PLACES ||
      (fd >= 0 &&
       (!args_read_int(env, args.at[2], &word) || word < HEAD_USER || word >= HEADER_WORDS))) {
    return fail_argument(env,
                         "expected (place, fd, word): a place from 0 to 5, a word from HEAD_USER "
                         "on in the header of an arena");
  }
  fence_t *fence = args.data;
  const int32_t *watched = fd < 0 ? nobody : map_word(env, fd, word);
  if (!watched) return NULL;
  unmap_page(fence->theirs[place]);
  fence->theirs[place] = watched;
  return NULL;
}

// new Fence(fd, word)
static napi_value fence_new(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t fd, word;
  if (!args_check_new(env, info)) return NULL;
  if (!args_read(env, info, &args) || !args_read_int(env, args.at[0], &fd) ||
      !args_read_int(env, args.at[1], &word) || word < HEAD_USER || word >= HEADER_WORDS) {
    return fail_argument(
        env, "expected (fd, word): the memory of an arena, a word from HEAD_USER on in its header");
  }
  const int32_t *own = map_word(env, fd, word);
  if (!own) return NULL;
  fence_t *fence = calloc(1, sizeof *fence);
  if (!fence) {
    unmap_page(own);
    return fail_errno(env, "calloc", ENOMEM, NULL);
  }
  *fence = (fence_t){.holders = 1, .restartable = find_restartable(), .own = own};
  for (int i = 0; i < FENCE_PLACES; i++) fence->theirs[i] = nobody;
  if (napi_wrap(env, args.self, fence, holder_finalized, NULL, NULL) != napi_ok) {
    fail_status(env, "napi_wrap");
    fence_release(fence);
    return NULL;
  }
  const exports_function_t methods[] = {{"watch", fence_watch},
                                        {"write", stream_write},
                                        {"discard", stream_discard},
                                        {"wakeAt", stream_wake_at},
                                        {"shutdown", stream_shutdown}};
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
    if (!value_bind_method(env, args.self, methods[i].name, methods[i].callback, fence,
                           &fence->holders, holder_finalized)) {
      return NULL;
    }
  }
  return value_set_bool(env, args.self, "isExact", fence->restartable != NULL) ? args.self : NULL;
}

bool fence_register(napi_env env, napi_value exports) {
  return exports_add_class(env, exports, "Fence", fence_new, NULL, 0);
}
