// privileges — gives up what a process need not be able to do, in all of its threads.
#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "addon.h"
#include "args.h"
#include "exports.h"
#include "fail.h"
#include "value.h"

// Capabilities belong to a thread, and no thread can take them from another: each is asked to by a
// signal, as libpsx does. The handler stays, since a thread may be late.
static uint64_t kept;
static int done;

// Async-signal-safe. 0 or -errno.
static int keep_in_this_thread(void) {
  for (unsigned long capability = 0; capability < 64; capability++) {
    if ((kept >> capability & 1) != 0) continue;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno == EINVAL) break;
  }
  (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
  if (syscall(SYS_capget, &header, sets) != 0) return -errno;
  for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
    const uint32_t mask = (uint32_t)(kept >> 32 * i);
    sets[i].effective &= mask;
    sets[i].permitted &= mask;
    sets[i].inheritable &= mask;
  }
  return syscall(SYS_capset, &header, sets) == 0 ? 0 : -errno;
}

static void on_asked(int signal) {
  (void)signal;
  const int error = errno;
  if (keep_in_this_thread() == 0) __atomic_add_fetch(&done, 1, __ATOMIC_RELEASE);
  errno = error;
}

// Whether a thread would get the signal; the one in which Node.js waits for SIGUSR1 gets none.
static bool may_be_asked(const char *thread, int number) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/self/task/%.20s/status", thread);
  FILE *file = fopen(path, "re");
  if (!file) return false;
  unsigned long long blocked = ~0ULL;
  while (fgets(line, sizeof line, file)) {
    if (sscanf(line, "SigBlk: %llx", &blocked) == 1) break;
  }
  fclose(file);
  return (blocked >> (number - 1) & 1) == 0;
}

// How many other threads there are, and how many of them were asked.
static int ask_others(int number, int *asked) {
  DIR *threads = opendir("/proc/self/task");
  if (!threads) return -errno;
  const pid_t self = (pid_t)syscall(SYS_gettid);
  int others = 0;
  for (struct dirent *entry; (entry = readdir(threads)) != NULL;) {
    const pid_t thread = atoi(entry->d_name);
    if (thread <= 0 || thread == self) continue;
    others++;
    if (!may_be_asked(entry->d_name, number)) continue;
    if (syscall(SYS_tgkill, getpid(), thread, number) == 0) ++*asked;
  }
  closedir(threads);
  return others;
}

enum { LONGEST_WAITS = 250 };  // of 0.2 ms

// keepCapabilities(mask): how many threads keep what they had, or -errno.
static napi_value privileges_keep(napi_env env, napi_callback_info info) {
  int32_t mask;
  if (!args_read_fd(env, info, &mask)) return NULL;
  kept = (uint32_t)mask;
  const int own = keep_in_this_thread();
  if (own != 0) return value_from_int(env, own);
  const int number = SIGRTMIN + 9;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_asked;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  if (sigaction(number, &action, NULL) != 0) return value_from_int(env, -errno);
  int asked = 0;
  __atomic_store_n(&done, 0, __ATOMIC_RELEASE);
  const int others = ask_others(number, &asked);
  if (others < 0) return value_from_int(env, others);
  const struct timespec moment = {0, 200000};
  for (int i = 0; i < LONGEST_WAITS && __atomic_load_n(&done, __ATOMIC_ACQUIRE) < asked; i++) {
    nanosleep(&moment, NULL);
  }
  return value_from_int(env, others - __atomic_load_n(&done, __ATOMIC_ACQUIRE));
}

// leaveNoCore(): 0 or -errno. The limit of 1 byte is one the kernel knows: unlike 0 it holds where
// cores are piped to a program, too (core(5)). A limit of 0 stays.
static napi_value privileges_leave_no_core(napi_env env, napi_callback_info info) {
  (void)info;
  struct rlimit limit;
  if (getrlimit(RLIMIT_CORE, &limit) != 0) return value_from_int(env, -errno);
  if (limit.rlim_cur > 1) limit.rlim_cur = 1;
  return value_from_int(env, setrlimit(RLIMIT_CORE, &limit) == 0 ? 0 : -errno);
}

bool privileges_register(napi_env env, napi_value exports) {
  const exports_function_t functions[] = {{"keepCapabilities", privileges_keep},
                                          {"leaveNoCore", privileges_leave_no_core}};
  return exports_add_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
