// fence-x86-64 — the restartable sequence of a fence on x86-64 (see fence-exact).
//
// Registers: the kernel changes none on the way to `abort`. What the range uses is set again in it:
// rcx (ours) and r11 (the address of theirs), which `syscall` overwrites anyway. rax keeps the
// number of the call until `syscall` puts the result there.
#include "fence-sequence.h"

#if defined(FENCE_HAS_SEQUENCE) && defined(__x86_64__)

#include <errno.h>

// What glibc registers threads with.
enum { RSEQ_SIGNATURE = 0x53053053 };

// A test, and only that, has the thread stay between looking and calling, to stop it there.
#ifdef FENCE_PAUSE
#define PAUSE "movl $" FENCE_TEXT(FENCE_PAUSE) ", %%ecx\n21: subl $1, %%ecx\njns 21b\n"
#else
#define PAUSE ""
#endif

long fence_exact_call(const fence_words_t *words, void *area, const fence_call_t *call) {
  long result = call->number;
  register long fourth __asm__("r10") = call->with[3];
  register long fifth __asm__("r8") = call->with[4];
  register long sixth __asm__("r9") = call->with[5];
  __asm__ volatile(
      FENCE_RANGE
      "11: leaq 10b(%%rip), %%rcx\n"
      "movq %%rcx, %c[rseq_cs](%[area])\n"  // arm
      "20: movq %c[ours](%[words]), %%rcx\n"
      "movl (%%rcx), %%ecx\n"
      ".set fence_place, %c[theirs]\n"
      ".rept %c[places]\n"
      "movq fence_place(%[words]), %%r11\n"
      "cmpl (%%r11), %%ecx\n"
      "je 50f\n"
      ".set fence_place, fence_place + %c[pointer]\n"
      ".endr\n" PAUSE  // nothing, but in a test
      "syscall\n"
      "30:\n"
      ".pushsection .text.fence, \"ax\"\n"
      ".byte 0x0f, 0xb9, 0x3d\n"  // ud1, of which the signature is a part
      ".long %c[signature]\n"
      "40: jmp 11b\n"
      "50: movq %[stale], %%rax\n"
      "jmp 30b\n"
      ".popsection\n"
      : "+a"(result)
      : "D"(call->with[0]), "S"(call->with[1]), "d"(call->with[2]), "r"(fourth), "r"(fifth),
        "r"(sixth), [words] "r"(words), [area] "r"(area), [rseq_cs] "i"(RSEQ_CS),
        [ours] "i"(offsetof(fence_words_t, ours)), [theirs] "i"(offsetof(fence_words_t, theirs)),
        [places] "i"(FENCE_PLACES), [pointer] "i"(sizeof(void *)), [signature] "i"(RSEQ_SIGNATURE),
        [stale] "i"(-ESTALE)
      : "rcx", "r11", "cc", "memory");
  return result;
}

#endif
