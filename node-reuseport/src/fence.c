// fence — calls on descriptors that another process may take for its own at any moment: made only
// while none has.
#include "fence.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "fail.h"
#include "layout.h"
#include "memory.h"

// What a place looks at that is not used. Our number is never 0.
static const int32_t untaken = 0;

// A word of the header page of an arena, which stays mapped whatever becomes of the arena; NULL
// with an error thrown.
static const int32_t *map_word(napi_env env, int fd, int32_t word) {
  assert(word >= HEAD_USER && word < HEADER_WORDS);
  size_t size;
  if (!memory_sealed_size(env, fd, &size)) return NULL;
  if (size < HEADER_PAGE) return fail_errno(env, "mmap", EINVAL, "size of shared memory"), NULL;
  int32_t *page = mmap(NULL, HEADER_PAGE, PROT_READ, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED) return fail_errno(env, "mmap", errno, NULL), NULL;
  return page + word;
}

static void unmap_word(const int32_t *word) {
  uintptr_t page = (uintptr_t)word & ~(uintptr_t)(HEADER_PAGE - 1);
  if (word != &untaken) munmap((void *)page, HEADER_PAGE);
}

fence_t *fence_new(napi_env env, int fd, int32_t word) {
  const int32_t *ours = map_word(env, fd, word);
  if (!ours) return NULL;
  fence_t *fence = calloc(1, sizeof *fence);
  if (!fence) {
    unmap_word(ours);
    return fail_errno(env, "calloc", ENOMEM, NULL), NULL;
  }
  *fence = (fence_t){.holders = 1, .area = fence_exact_area(), .words = {.ours = ours}};
  for (int i = 0; i < FENCE_PLACES; i++) fence->words.theirs[i] = &untaken;
  return fence;
}

void fence_release(fence_t *fence) {
  assert(fence->holders > 0);
  if (--fence->holders > 0) return;
  unmap_word(fence->words.ours);
  for (int i = 0; i < FENCE_PLACES; i++) unmap_word(fence->words.theirs[i]);
  free(fence);
}

bool fence_watch(napi_env env, fence_t *fence, int32_t place, int fd, int32_t word) {
  assert(place >= 0 && place < FENCE_PLACES);
  const int32_t *watched = fd < 0 ? &untaken : map_word(env, fd, word);
  if (!watched) return false;
  unmap_word(fence->words.theirs[place]);
  fence->words.theirs[place] = watched;
  return true;
}

int32_t fence_call(const fence_t *fence, const fence_call_t *call) {
  const fence_words_t *words = fence ? &fence->words : NULL;
  long result;
  do {
    result = fence && fence->area ? fence_exact_call(words, fence->area, call)
                                  : fence_looking_call(words, call);
  } while (result == -EINTR);
  return (int32_t)result;
}
