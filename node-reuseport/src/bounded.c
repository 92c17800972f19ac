// bounded — calls that others can make wait, ended after some milliseconds.
//
// Whether a call waits is often a property of what the descriptor stands for, which every process
// that holds a duplicate can change at any moment: O_NONBLOCK of a listener, SO_LINGER of a
// connection. Both are put right before the call; against a process that changes them all the time
// there is a signal to this thread, which ends whatever waits. A call that does not wait takes no
// notice of it.
#include "bounded.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "addon.h"
#include "fail.h"

// Of a thread: how long a call may wait, and again and again should the signal have come before the
// call.
enum { PATIENCE_NS = 5000000 };

// What glibc calls it is not what it is called elsewhere.
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

// The kernel's number of the timer of this thread; -1: there is none, and what is put right before
// a call has to do.
static __thread int timer = -1;

static int wake_signal(void) { return SIGRTMAX - 1; }

static void woken(int signal) { (void)signal; }

// False where the signal is in use, or the system gives no timer.
static bool make_timer(void) {
  struct sigaction action;
  int signal = wake_signal();
  if (sigaction(signal, NULL, &action) != 0) return false;
  if (action.sa_handler != woken) {
    if (action.sa_handler != SIG_DFL) return false;
    // Without SA_RESTART: the call that waits ends with EINTR.
    memset(&action, 0, sizeof action);
    action.sa_handler = woken;
    if (sigaction(signal, &action, NULL) != 0) return false;
  }
  sigset_t ours;
  sigemptyset(&ours);
  sigaddset(&ours, signal);
  if (pthread_sigmask(SIG_UNBLOCK, &ours, NULL) != 0) return false;
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = signal};
  event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
  return syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) == 0;
}

static void set_timer(long ns) {
  if (timer < 0) return;
  int error = errno;
  struct itimerspec every = {.it_interval.tv_nsec = ns, .it_value.tv_nsec = ns};
  (void)syscall(SYS_timer_settime, timer, 0, &every, NULL);
  errno = error;
}

int bounded_accept(int fd, struct sockaddr *from, socklen_t *length, int flags) {
  int found = fcntl(fd, F_GETFL);
  if (found < 0) return -1;
  if (!(found & O_NONBLOCK)) (void)fcntl(fd, F_SETFL, found | O_NONBLOCK);
  int accepted;
  set_timer(PATIENCE_NS);
  do accepted = accept4(fd, from, length, flags);
  while (accepted < 0 && errno == ECONNABORTED);
  set_timer(0);
  // Nothing is there to accept, or it would not have waited.
  if (accepted < 0 && errno == EINTR) errno = EAGAIN;
  return accepted;
}

int bounded_close(int fd) {
  const struct linger none = {0};
  (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  set_timer(PATIENCE_NS);
  int result = close(fd);
  set_timer(0);
  return result < 0 && errno == EINTR ? 0 : result;  // it is closed all the same
}

static void drop_timer(void *unused) {
  (void)unused;
  if (timer >= 0) (void)syscall(SYS_timer_delete, timer);
  timer = -1;
}

bool bounded_register(napi_env env, napi_value exports) {
  (void)exports;
  if (timer >= 0 || !make_timer()) return true;
  TRY(napi_add_env_cleanup_hook(env, drop_timer, NULL));
  return true;
}
