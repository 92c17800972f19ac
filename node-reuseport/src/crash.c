// crash — tells whoever reads an arena's memory later that its process ended by its own fault, and not by somebody's SIGKILL.
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "addon.h"
#include "arena.h"
#include "failure.h"

static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};
enum { FATAL = sizeof fatal / sizeof *fatal };

static uint32_t *mark;
static struct sigaction before[FATAL];

// Stores the signal, puts back what was there before and lets that have it.
static void on_fatal(int signal, siginfo_t *info, void *context) {
  (void)info, (void)context;
  if (mark) __atomic_store_n(mark, (uint32_t)signal, __ATOMIC_RELAXED);
  for (size_t i = 0; i < FATAL; i++) {
    if (fatal[i] == signal) (void)sigaction(signal, &before[i], NULL);
  }
  raise(signal);  // blocked until we return
}

// markCrashes(word): from now on a fatal signal stores its number in that word of the arena's header. One arena a process,
// which is kept until its end.
napi_value arena_mark_crashes(napi_env env, napi_callback_info info) {
  arguments args;
  int32_t word;
  void *data;
  if (!arguments_read(env, info, &args)) return NULL;
  if (napi_unwrap(env, args.self, &data) != napi_ok) return fail_argument(env, "this: expected an Arena");
  if (!read_int(env, args.at[0], &word) || word < HEAD_USER || word >= HEADER_WORDS) {
    return fail_argument(env, "word: expected one of the header's that are the user's");
  }
  uint32_t *place = (uint32_t *)((arena *)data)->memory + word, *none = NULL;
  // Another thread may have been first.
  if (!__atomic_compare_exchange_n(&mark, &none, place, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
    return fail_argument(env, "this: crashes of this process are marked in an arena already");
  }
  ((arena *)data)->holders++;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_fatal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (size_t i = 0; i < FATAL; i++) {
    if (sigaction(fatal[i], &action, &before[i]) != 0) return fail_errno(env, "sigaction", errno, NULL);
  }
  return NULL;
}
