// fence-looking — the way of a fence that every machine has: looks, and calls then.
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "fence-ways.h"

static bool is_taken(const fence_words_t *words) {
  int32_t ours = __atomic_load_n(words->ours, __ATOMIC_SEQ_CST);
  for (int i = 0; i < FENCE_PLACES; i++) {
    if (__atomic_load_n(words->theirs[i], __ATOMIC_SEQ_CST) == ours) return true;
  }
  return false;
}

long fence_looking_call(const fence_words_t *words, const fence_call_t *call) {
  if (words && is_taken(words)) return -ESTALE;
#ifdef FENCE_PAUSE
  for (volatile int i = FENCE_PAUSE; i > 0; i--) {
  }
#endif
  const long *with = call->with;
  long result = syscall(call->number, with[0], with[1], with[2], with[3], with[4], with[5]);
  return result < 0 ? -errno : result;
}
