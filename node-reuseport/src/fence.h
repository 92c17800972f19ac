// fence — calls on descriptors that another process may take for its own at any moment: made only
// while none has.
//
// A process says that it has taken what is ours by storing our number in a word of its own arena.
// A look at those words followed by a call is not atomic: this process may be stopped in between,
// for an hour, and call all the same. Where that is possible (fence-exact.c) looking and calling
// are a single step; elsewhere (fence-looking.c) the gap stays.
#ifndef NODE_REUSEPORT_FENCE_H
#define NODE_REUSEPORT_FENCE_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

#include "fence-ways.h"

typedef struct {
  int holders;  // the wrapper and the bound methods; the last one frees
  void *area;   // of the thread that made it; NULL when it only looks
  fence_words_t words;
} fence_t;

// A fence with one holder. `fd` is the memory of our arena, in the header of which that word is our
// number. NULL with an error thrown.
fence_t *fence_new(napi_env env, int fd, int32_t word);
void fence_release(fence_t *fence);

// Looks at that word of another arena from now on, in place of what was at `place`; at none with a
// negative `fd`. False with an error thrown.
bool fence_watch(napi_env env, fence_t *fence, int32_t place, int fd, int32_t word);

// Makes the call unless what the fence guards has been taken: its result, -ESTALE, or -errno. It is
// always made without a fence (NULL).
int32_t fence_call(const fence_t *fence, const fence_call_t *call);

#endif
