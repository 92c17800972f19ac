// crash — tells later readers of an arena's memory that its process ended by its own fault, and not
// by a SIGKILL.
#include "crash.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "fail.h"
#include "layout.h"

static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};
enum { FATAL = sizeof fatal / sizeof *fatal };

// Process-wide, as signal handlers are: the first arena that asks is kept until the process ends.
static arena_t *kept;
static uint32_t *mark;                  // a word of its header
static struct sigaction before[FATAL];  // what was there before

// Whether the signal tells of what this process did: a fault, or abort(). A signal that another
// process sent does not.
static bool is_own_fault(const siginfo_t *info) {
  return info->si_code > 0 || info->si_pid == getpid();
}

// Stores the signal and lets what was there before have it.
static void on_fatal(int signal, siginfo_t *info, void *context) {
  int error = errno;
  uint32_t number = (uint32_t)signal;
  size_t i = 0;
  while (fatal[i] != signal) i++;
  if (is_own_fault(info)) __atomic_store_n(mark, number, __ATOMIC_RELAXED);
  if (before[i].sa_handler == SIG_DFL || before[i].sa_handler == SIG_IGN) {
    (void)sigaction(signal, &before[i], NULL);
    raise(signal);  // blocked until we return
    return;
  }
  if (before[i].sa_flags & SA_SIGINFO) {
    before[i].sa_sigaction(signal, info, context);
  } else {
    before[i].sa_handler(signal);
  }
  // V8 mends what WebAssembly does outside of its memory and goes on; where nothing can be mended
  // Node puts the default back.
  struct sigaction now;
  if (sigaction(signal, NULL, &now) == 0 && now.sa_sigaction == on_fatal) {
    (void)__atomic_compare_exchange_n(mark, &number, 0, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  }
  errno = error;
}

// A stack that is used up has no room for the handler. That happens on this thread.
static void provide_stack(void) {
  static uint8_t spare[1 << 16];  // process-wide, as the handlers are
  stack_t stack = {.ss_sp = spare, .ss_size = sizeof spare}, there;
  if (sigaltstack(NULL, &there) == 0 && there.ss_flags & SS_DISABLE) {
    (void)sigaltstack(&stack, NULL);
  }
}

// markCrashes(word): from now on a fatal signal stores its number in that word of the arena's
// header. Only the first arena of a process may do that.
napi_value crash_mark(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t word;
  void *data;
  if (!args_read(env, info, &args)) return NULL;
  if (napi_unwrap(env, args.self, &data) != napi_ok) {
    return fail_argument(env, "this: expected an Arena");
  }
  if (!args_read_int(env, args.at[0], &word) || word < HEAD_USER || word >= HEADER_WORDS) {
    return fail_argument(env, "word: expected a word of the header that belongs to the user");
  }
  arena_t *none = NULL;
  // Atomic: arenas of other threads may ask at the same time.
  if (!__atomic_compare_exchange_n(&kept, &none, data, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
    return fail_argument(env, "this: crashes of this process are marked in an arena already");
  }
  kept->holders++;
  mark = (uint32_t *)kept->memory + word;
  provide_stack();
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_fatal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (size_t i = 0; i < FATAL; i++) {
    if (sigaction(fatal[i], &action, &before[i]) != 0) {
      return fail_errno(env, "sigaction", errno, NULL);
    }
  }
  return NULL;
}
