// fence-sequence — what the restartable sequences of all architectures have alike.
#ifndef NODE_REUSEPORT_FENCE_SEQUENCE_H
#define NODE_REUSEPORT_FENCE_SEQUENCE_H

#include <stddef.h>
#include <stdint.h>

#include "fence-ways.h"

// Of 64 bits both: pointers of 32 bits would be loaded wrongly (x32, ILP32).
#if (defined(__x86_64__) || defined(__aarch64__)) && defined(__LP64__)
#define FENCE_HAS_SEQUENCE

// To this the C library's offset of a thread's area is added.
static inline char *fence_thread_pointer(void) {
  char *thread;
#ifdef __x86_64__
  __asm__("movq %%fs:0, %0" : "=r"(thread));
#else
  __asm__("mrs %0, tpidr_el0" : "=r"(thread));
#endif
  return thread;
}

// Of struct rseq in linux/rseq.h, which older systems lack: bytes to `rseq_cs`.
enum { RSEQ_CS = 8 };

// struct rseq_cs, labelled 10: version and flags, start (20), length (to 30), abort (40).
#define FENCE_RANGE                           \
  ".pushsection .data.rel.ro.fence, \"aw\"\n" \
  ".balign 32\n"                              \
  "10: .long 0, 0\n"                          \
  ".quad 20f, 30f - 20f, 40f\n"               \
  ".popsection\n"

// As text of an assembler's, whatever the macro stands for.
#define FENCE_TEXT(macro) FENCE_TEXT_OF(macro)
#define FENCE_TEXT_OF(tokens) #tokens

_Static_assert(sizeof(*(fence_words_t){0}.ours) == 4, "the sequences compare words of 32 bits");
_Static_assert(sizeof(void *) == 8, "the sequences load pointers of 64 bits");

#endif

#endif
