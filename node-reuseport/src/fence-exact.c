// fence-exact — the way of a fence without a gap: a restartable sequence (rseq(2)), as glibc
// registers threads for it.
//
// What is promised: when a process has stored our number in its word, and then finds this thread
// stopped, the thread makes no fenced call any more, however much later it goes on. (A thread that
// runs meanwhile may have looked before the store and call after it; the taker counts with that.)
//
// A restartable sequence is a range of instructions of which the kernel is told by a pointer in the
// thread's `area`. Whenever a thread that was taken off its processor, or is given a signal, goes
// back to user space, the kernel looks whether its next instruction is in the range. If so, the
// thread goes on at the abort address instead, its registers as they were. If not, the pointer is
// cleared. The range is, in fence-x86-64.c and fence-aarch64.c alike,
//
//     arm:    area.rseq_cs = the range         the last instruction before it
//     start:  if any of theirs == ours → stale
//             system call                      the last one in it
//     end:    …                                where the kernel goes back to from the call
//     abort:  → arm                            outside of it, as `stale` is
//
// and wherever the thread is stopped, the promise holds:
//
//   - Before `arm` is done: it looks after it goes on, and sees the store. On the thread's side the
//     scheduler, which it comes from, orders memory. On the taker's side the store has to be seen
//     before the state is looked at: Atomics.store is followed by the locks that the kernel takes
//     to tell the state, and none of them is had before a sequentially consistent store is seen
//     (x86-64: a full barrier; aarch64: a store-release before any load-acquire).
//   - From `start` to the system call, that being its next instruction: it goes on at `abort`, arms
//     the range again, and looks as above. `arm` is one instruction with nothing between it and the
//     range, so there is no place in the range where the kernel has not been told of it.
//   - After the system call: it was made before the thread was stopped. A stop is a signal, and the
//     kernel attends to signals on its way back to user space. So no stopped thread is inside of a
//     call that does not wait, and none of ours does: sockets are given MSG_DONTWAIT, and the rest
//     ends at once by its nature.
//
// Five things could break that, and do not:
//
//   - A call that the kernel makes again after a signal (ERESTARTSYS) begins with the address of
//     the system call, and maybe without a range. Only calls that wait are made again. A call that
//     returns EINTR comes back to fence_call(), which begins from the start.
//   - A signal handler may have a sequence of its own, which takes the place of ours. It runs after
//     the kernel has sent the thread to `abort`, so the range is armed again when it returns.
//   - A kernel with CONFIG_DEBUG_RSEQ kills what makes a system call within a range. The address it
//     looks at is that of the next instruction, and that is `end`.
//   - The pointer outlives the sequence: the kernel clears it some time later. So what it points to
//     has to stay for as long as the thread, and does: the addon is never unloaded (binding.gyp).
//   - The abort address must have a signature in front, or the kernel kills the process: it is the
//     number that glibc registers every thread with, and lies in an instruction that only traps.
#include <dlfcn.h>
#include <stddef.h>

#include "fence-sequence.h"
#include "fence-ways.h"

#ifdef FENCE_HAS_SEQUENCE

// The C library has told the kernel of it, unless it is older (before glibc 2.35), another one, or
// was asked not to (GLIBC_TUNABLES); or the kernel knows no such thing (before Linux 4.18).
void *fence_exact_area(void) {
  const unsigned int *size = dlsym(RTLD_DEFAULT, "__rseq_size");
  const ptrdiff_t *offset = dlsym(RTLD_DEFAULT, "__rseq_offset");
  return size && offset && *size > 0 ? fence_thread_pointer() + *offset : NULL;
}

#else

void *fence_exact_area(void) { return NULL; }

long fence_exact_call(const fence_words_t *words, void *area, const fence_call_t *call) {
  (void)area;  // there is none
  return fence_looking_call(words, call);
}

#endif
