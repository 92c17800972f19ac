// fence-ways — what a fence looks at, and the two ways to make a call only while it sees nothing.
#ifndef NODE_REUSEPORT_FENCE_WAYS_H
#define NODE_REUSEPORT_FENCE_WAYS_H

#include <stdint.h>

enum { FENCE_PLACES = 6 };

// What is ours is taken when a word of theirs has the number that is in our word.
typedef struct {
  const int32_t *ours;
  const int32_t *theirs[FENCE_PLACES];
} fence_words_t;

typedef struct {
  long number, with[6];
} fence_call_t;

// Both return what the call does, -errno where it fails, or -ESTALE when it was not made.

// Looks, and calls then: a thread that is stopped in between makes the call when it goes on. It
// looks at nothing when `words` is NULL.
long fence_looking_call(const fence_words_t *words, const fence_call_t *call);

// Looks and calls as if it were one instruction. `area` is that of the thread it is called on.
long fence_exact_call(const fence_words_t *words, void *area, const fence_call_t *call);

// What this thread shares with the kernel for the exact way; NULL where only looking is possible.
void *fence_exact_area(void);

#endif
