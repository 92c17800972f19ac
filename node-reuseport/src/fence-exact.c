// fence-exact — the way of a fence without a gap: a restartable sequence (rseq(2)), x86-64, glibc.
//
// What is promised: when a process has stored our number in its word, and then finds this thread
// stopped, the thread makes no fenced call any more, however much later it goes on. (A thread that
// runs meanwhile may have looked before the store and call after it; the taker counts with that.)
//
// A restartable sequence is a range of instructions of which the kernel is told by a pointer in the
// thread's `area`. Whenever a thread that was taken off its processor, or is given a signal, goes
// back to user space, the kernel looks whether its next instruction is in the range. If so, the
// thread goes on at the abort address instead, its registers as they were. If not, the pointer is
// cleared. The range here is
//
//     arm:    area.rseq_cs = the range         the last instruction before it
//     start:  if any of theirs == ours → stale
//             syscall                          the last one in it
//     end:    …                                where the kernel goes back to from the call
//     abort:  → arm                            outside of it, as `stale` is
//
// and wherever the thread is stopped, the promise holds:
//
//   - Before `arm` is done: it looks after it goes on, and sees the store. The scheduler, which the
//     thread comes from, orders memory.
//   - From `start` to `syscall`, that being its next instruction: it goes on at `abort`, arms the
//     range again, and looks as above. `arm` is one instruction with nothing between it and the
//     range, so there is no place in the range where the kernel has not been told of it.
//   - After `syscall`: the call was made before it was stopped. A stop is a signal, and the kernel
//     attends to signals on its way back to user space. So no stopped thread is inside of a call
//     that does not wait, and none of ours does: sockets are given MSG_DONTWAIT, and the rest ends
//     at once by its nature.
//
// Five things could break that, and do not:
//
//   - A call that the kernel makes again after a signal (ERESTARTSYS) begins with the address of
//     `syscall`, and maybe without a range. Only calls that wait are made again. A call that
//     returns EINTR comes back to fence_call(), which begins from the start.
//   - A signal handler may have a sequence of its own, which takes the place of ours. It runs after
//     the kernel has sent the thread to `abort`, so the range is armed again when it returns.
//   - A kernel with CONFIG_DEBUG_RSEQ kills what makes a system call within a range. The address it
//     looks at is that of the next instruction, and that is `end`.
//   - The pointer outlives the sequence: the kernel clears it some time later. So what it points to
//     has to stay for as long as the thread, and does: the addon is never unloaded (binding.gyp).
//   - The abort address must have a signature in front, or the kernel kills the process: it is the
//     number that glibc registers every thread with, and lies in an instruction that only traps.
//
// Registers: the kernel changes none on the way to `abort`. What the range uses is set again in it:
// rcx (ours) and r11 (the address of theirs), which `syscall` overwrites anyway. rax keeps the
// number of the call until `syscall` puts the result there.
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

#include "fence-ways.h"

#ifdef __x86_64__

// Of struct rseq and struct rseq_cs in linux/rseq.h, which older systems lack.
enum { RSEQ_CS = 8, RSEQ_SIGNATURE = 0x53053053 };

// A test, and only that, has the thread stay between looking and calling, to stop it there.
#ifdef FENCE_PAUSE
#define TEXT(macro) TEXT_OF(macro)
#define TEXT_OF(tokens) #tokens
#define PAUSE "movl $" TEXT(FENCE_PAUSE) ", %%ecx\n21: subl $1, %%ecx\njns 21b\n"
#else
#define PAUSE ""
#endif

_Static_assert(sizeof(*(fence_words_t){0}.ours) == 4, "the sequence compares words of 32 bits");
_Static_assert(sizeof(void *) == 8, "the sequence loads pointers of 64 bits");

long fence_exact_call(const fence_words_t *words, void *area, const fence_call_t *call) {
  long result = call->number;
  register long fourth __asm__("r10") = call->with[3];
  register long fifth __asm__("r8") = call->with[4];
  register long sixth __asm__("r9") = call->with[5];
  __asm__ volatile(
      ".pushsection .data.rel.ro.fence, \"aw\"\n"
      ".balign 32\n"
      "10: .long 0, 0\n"  // version, flags
      ".quad 20f, 30f - 20f, 40f\n"
      ".popsection\n"
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

// The C library has told the kernel of it, unless it is older (before glibc 2.35), another one, or
// was asked not to (GLIBC_TUNABLES).
void *fence_exact_area(void) {
  const unsigned int *size = dlsym(RTLD_DEFAULT, "__rseq_size");
  const ptrdiff_t *offset = dlsym(RTLD_DEFAULT, "__rseq_offset");
  char *thread;
  __asm__("movq %%fs:0, %0" : "=r"(thread));
  return size && offset && *size > 0 ? thread + *offset : NULL;
}

#else

void *fence_exact_area(void) { return NULL; }

long fence_exact_call(const fence_words_t *words, void *area, const fence_call_t *call) {
  (void)area;  // there is none
  return fence_looking_call(words, call);
}

#endif
