// fence-aarch64 — the restartable sequence of a fence on aarch64 (see fence-exact).
//
// Registers: the kernel changes none on the way to `abort`. What the range uses is set again in it:
// w9 (ours), x10 and w11 (theirs). x0 keeps the first argument until `svc` puts the result there,
// which is the only register it changes.
//
// Memory: the loads need no order among themselves, nor with what came before: a thread that was
// stopped has been through the scheduler since, and nothing is promised of a thread that runs.
#include "fence-sequence.h"

#if defined(FENCE_HAS_SEQUENCE) && defined(__aarch64__)

#include <errno.h>

// What glibc registers threads with: the instruction brk #0x45e0, as a word of data.
enum {
#ifdef __AARCH64EB__
  RSEQ_SIGNATURE = 0x00bc28d4
#else
  RSEQ_SIGNATURE = (int)0xd428bc00
#endif
};

// A test, and only that, has the thread stay between looking and calling, to stop it there.
#ifdef FENCE_PAUSE
#define PAUSE \
  "movz w11, #(" FENCE_TEXT(FENCE_PAUSE) ") & 0xffff\n"    \
  "movk w11, #(" FENCE_TEXT(FENCE_PAUSE) ") >> 16, lsl #16\n" \
  "21: subs w11, w11, #1\nb.pl 21b\n"
#else
#define PAUSE ""
#endif

long fence_exact_call(const fence_words_t *words, void *area, const fence_call_t *call) {
  register long number __asm__("x8") = call->number;
  register long result __asm__("x0") = call->with[0];
  register long second __asm__("x1") = call->with[1];
  register long third __asm__("x2") = call->with[2];
  register long fourth __asm__("x3") = call->with[3];
  register long fifth __asm__("x4") = call->with[4];
  register long sixth __asm__("x5") = call->with[5];
  __asm__ volatile(
      FENCE_RANGE
      "11: adrp x9, 10b\n"
      "add x9, x9, :lo12:10b\n"
      "str x9, [%[area], #%c[rseq_cs]]\n"  // arm
      "20: ldr x9, [%[words], #%c[ours]]\n"
      "ldr w9, [x9]\n"
      ".set fence_place, %c[theirs]\n"
      ".rept %c[places]\n"
      "ldr x10, [%[words], #fence_place]\n"
      "ldr w11, [x10]\n"
      "cmp w11, w9\n"
      "b.eq 50f\n"
      ".set fence_place, fence_place + %c[pointer]\n"
      ".endr\n" PAUSE  // nothing, but in a test
      "svc #0\n"
      "30:\n"
      ".pushsection .text.fence, \"ax\"\n"
      ".balign 4\n"
      ".long %c[signature]\n"  // brk
      "40: b 11b\n"
      "50: mov x0, #%c[stale]\n"
      "b 30b\n"
      ".popsection\n"
      : "+r"(result)
      : "r"(number), "r"(second), "r"(third), "r"(fourth), "r"(fifth),
        "r"(sixth), [words] "r"(words), [area] "r"(area), [rseq_cs] "i"(RSEQ_CS),
        [ours] "i"(offsetof(fence_words_t, ours)), [theirs] "i"(offsetof(fence_words_t, theirs)),
        [places] "i"(FENCE_PLACES), [pointer] "i"(sizeof(void *)), [signature] "i"(RSEQ_SIGNATURE),
        [stale] "i"(-ESTALE)
      : "x9", "x10", "x11", "cc", "memory");
  return result;
}

#endif
