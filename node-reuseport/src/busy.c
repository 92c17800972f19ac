// busy — the few descriptors of a Poller that are ready in almost every turn: in libuv's own set
// they cost a system call less each time.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "failure.h"
#include "poller.h"

static void busy_closed(uv_handle_t *handle) {
  poller_release(((busy *)handle)->owner);
  free(handle);
}

static void close_busy(busy *one) {
  uv_poll_stop(&one->handle);
  uv_close((uv_handle_t *)&one->handle, busy_closed);
  close(one->own);  // now: whoever removes and closes a socket may bind its port again at once
}

busy **find_busy(poller *it, int fd) {
  for (busy **link = &it->watched; *link; link = &(*link)->next) {
    if ((*link)->fd == fd) return link;
  }
  return NULL;
}

void end_busy(busy **link) {
  busy *one = *link;
  *link = one->next;
  close_busy(one);
}

static void on_busy(uv_poll_t *handle, int status, int flags) {
  busy *one = (busy *)handle;
  poller *it = one->owner;
  // libuv gives up a descriptor with an error on it; reading it is what clears the error.
  if (status < 0) (void)uv_poll_start(handle, UV_READABLE, on_busy);
  it->ready[0] = (struct epoll_event){.events = status < 0 ? EPOLLIN | EPOLLERR : (uint32_t)flags,
                                      .data.u64 = (uint32_t)one->tag};
  poller_serve(it, 1);
}

// addBusy(fd, tag): told when readable, from libuv's own set.
napi_value poller_add_busy(napi_env env, napi_callback_info info) {
  arguments args;
  int32_t fd, tag;
  if (!arguments_read(env, info, &args)) return NULL;
  poller *it = poller_of(env, &args);
  if (!it) return NULL;
  if (!read_int(env, args.at[0], &fd) || !read_int(env, args.at[1], &tag)) {
    return fail_argument(env, "expected (fd, tag), both of them integers of 32 bits");
  }
  if (find_busy(it, fd)) return fail_errno(env, "uv_poll_init", EEXIST, NULL);
  busy *one = calloc(1, sizeof *one);
  if (!one) return fail_errno(env, "calloc", ENOMEM, NULL);
  one->owner = it;
  one->fd = fd;
  one->tag = tag;
  one->own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  int result = one->own < 0 ? -errno : uv_poll_init(it->handle.loop, &one->handle, one->own);
  if (result != 0) {
    if (one->own >= 0) close(one->own);
    free(one);
    return fail_errno(env, "uv_poll_init", -result, NULL);
  }
  it->handles++;
  result = uv_poll_start(&one->handle, UV_READABLE, on_busy);
  if (result != 0) {
    close_busy(one);
    return fail_errno(env, "uv_poll_start", -result, NULL);
  }
  one->next = it->watched;
  it->watched = one;
  return NULL;
}
