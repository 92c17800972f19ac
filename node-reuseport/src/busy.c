// busy — the few descriptors of a Poller that are ready in almost every turn: in libuv's own set
// they cost a system call less each time.
#include "poller.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "fail.h"

static void busy_closed(uv_handle_t *handle) {
  poller_release(((busy_t *)handle)->owner);
  free(handle);
}

static void busy_close(busy_t *busy) {
  uv_poll_stop(&busy->handle);
  uv_close((uv_handle_t *)&busy->handle, busy_closed);
  close(busy->own);  // now: whoever removes and closes a socket may bind its port again at once
}

busy_t **busy_find(poller_t *poller, int fd) {
  for (busy_t **link = &poller->watched; *link; link = &(*link)->next) {
    if ((*link)->fd == fd) return link;
  }
  return NULL;
}

void busy_end(busy_t **link) {
  busy_t *busy = *link;
  *link = busy->next;
  busy_close(busy);
}

static void busy_on_ready(uv_poll_t *handle, int status, int flags) {
  busy_t *busy = (busy_t *)handle;
  poller_t *poller = busy->owner;
  // libuv gives up a descriptor with an error on it; reading it is what clears the error.
  if (status < 0) (void)uv_poll_start(handle, UV_READABLE, busy_on_ready);
  poller->ready[0] = (struct epoll_event){
      .events = status < 0 ? EPOLLIN | EPOLLERR : (uint32_t)flags, .data.u64 = (uint32_t)busy->tag};
  poller_serve(poller, 1);
}

// addBusy(fd, tag): told when readable, from libuv's own set.
napi_value poller_add_busy(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t fd, tag;
  if (!args_read(env, info, &args)) return NULL;
  poller_t *poller = poller_of(env, &args);
  if (!poller) return NULL;
  if (!args_read_int(env, args.at[0], &fd) || !args_read_int(env, args.at[1], &tag)) {
    return fail_argument(env, "expected (fd, tag), both of them integers of 32 bits");
  }
  if (busy_find(poller, fd)) return fail_errno(env, "uv_poll_init", EEXIST, NULL);
  busy_t *busy = calloc(1, sizeof *busy);
  if (!busy) return fail_errno(env, "calloc", ENOMEM, NULL);
  busy->owner = poller;
  busy->fd = fd;
  busy->tag = tag;
  busy->own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  int result = busy->own < 0 ? -errno : uv_poll_init(poller->handle.loop, &busy->handle, busy->own);
  if (result != 0) {
    if (busy->own >= 0) close(busy->own);
    free(busy);
    return fail_errno(env, "uv_poll_init", -result, NULL);
  }
  poller->handles++;
  result = uv_poll_start(&busy->handle, UV_READABLE, busy_on_ready);
  if (result != 0) {
    busy_close(busy);
    return fail_errno(env, "uv_poll_start", -result, NULL);
  }
  busy->next = poller->watched;
  poller->watched = busy;
  return NULL;
}
