// poller — many descriptors on the event loop; their readiness reaches JavaScript in one call.
//
// Most are in an epoll set that is nested in libuv's own: a turn of the loop costs one call into
// JavaScript whatever their number. The few that are ready in almost every turn, the busy ones, are
// in libuv's set itself: they cost a system call less each time.
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <uv.h>

#include "addon.h"
#include "args.h"
#include "exports.h"
#include "fail.h"
#include "value.h"

// What is reported at a time; JavaScript finds a tag and flags of each in its array `events`.
enum { EVENTS = 256, EVENTS_SIZE = EVENTS * 2 * sizeof(int32_t) };

typedef struct poller poller_t;

typedef struct busy {
  uv_poll_t handle;  // first: libuv frees nothing, busy_closed() does
  poller_t *poller;
  int fd;         // as JavaScript knows it
  int duplicate;  // libuv aborts the process when what it watches turns out to be closed
  int32_t tag;
  struct busy *next;
} busy_t;

struct poller {
  uv_poll_t handle;  // first: libuv frees nothing, poller_closed() does
  napi_env env;
  napi_ref callback, receiver, events_ref;
  napi_async_cleanup_hook_handle cleanup;
  int epfd;
  bool closing, serving;
  napi_async_context context;
  struct epoll_event ready[EVENTS];
  busy_t *busy;
  int handles;  // not closed yet, its own among them; the last one frees
};

// libuv casts its handles to ours.
_Static_assert(offsetof(busy_t, handle) == 0, "the handle comes first");
_Static_assert(offsetof(struct poller, handle) == 0, "the handle comes first");

// A handle of it is closed.
static void poller_release(poller_t *poller) {
  assert(poller->handles > 0);
  if (--poller->handles > 0) return;
  close(poller->epfd);
  if (poller->cleanup) napi_remove_async_cleanup_hook(poller->cleanup);
  free(poller);
}

static void poller_closed(uv_handle_t *handle) { poller_release((poller_t *)handle); }

static void busy_closed(uv_handle_t *handle) {
  poller_release(((busy_t *)handle)->poller);
  free(handle);
}

static void busy_close(busy_t *busy) {
  uv_poll_stop(&busy->handle);
  uv_close((uv_handle_t *)&busy->handle, busy_closed);
  close(busy->duplicate);  // at once: after `remove` the port may be bound again
}

// What points to the busy one of that descriptor in the list, or NULL.
static busy_t **busy_find(poller_t *poller, int fd) {
  for (busy_t **link = &poller->busy; *link; link = &(*link)->next) {
    if ((*link)->fd == fd) return link;
  }
  return NULL;
}

static void busy_remove(busy_t **link) {
  busy_t *busy = *link;
  *link = busy->next;
  busy_close(busy);
}

// Lets go of JavaScript objects; not while a callback scope that was opened with the context is
// still open.
static void poller_drop_references(poller_t *poller) {
  napi_ref *refs[] = {&poller->callback, &poller->receiver, &poller->events_ref};
  if (poller->serving) return;
  for (size_t i = 0; i < sizeof refs / sizeof *refs; i++) {
    if (*refs[i]) napi_delete_reference(poller->env, *refs[i]);
    *refs[i] = NULL;
  }
  if (poller->context) napi_async_destroy(poller->env, poller->context);
  poller->context = NULL;
}

static void poller_begin_close(poller_t *poller) {
  if (poller->closing) return;
  poller->closing = true;
  poller_drop_references(poller);
  while (poller->busy) busy_remove(&poller->busy);
  uv_poll_stop(&poller->handle);
  uv_close((uv_handle_t *)&poller->handle, poller_closed);
}

// The environment ends (process.exit, a worker's end): only the handle is left to close.
static void poller_environment_ends(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  poller_begin_close(data);
}

// Writes [tag, flags] pairs; how many. Asks where the array is each time: its buffer can be
// transferred away.
static int poller_store_events(poller_t *poller, int count) {
  assert(count > 0 && count <= EVENTS);
  napi_value buffer;
  void *data;
  size_t size;
  if (napi_get_reference_value(poller->env, poller->events_ref, &buffer) != napi_ok ||
      napi_get_arraybuffer_info(poller->env, buffer, &data, &size) != napi_ok ||
      size < EVENTS_SIZE) {
    return 0;
  }
  int32_t *pairs = data;
  for (int i = 0; i < count; i++) {
    pairs[2 * i] = (int32_t)poller->ready[i].data.u32;
    pairs[2 * i + 1] = (int32_t)poller->ready[i].events;
  }
  return count;
}

// Tells JavaScript how many events it finds in its array; what the callback throws is for
// uncaughtException.
static void poller_report(poller_t *poller, int count) {
  napi_env env = poller->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value callback, receiver, argument, ignored;
  napi_status status = napi_generic_failure;
  if (napi_create_int32(env, poller_store_events(poller, count), &argument) == napi_ok &&
      napi_get_reference_value(env, poller->callback, &callback) == napi_ok &&
      napi_get_reference_value(env, poller->receiver, &receiver) == napi_ok) {
    status = napi_call_function(env, receiver, callback, 1, &argument, &ignored);
  }
  if (status == napi_pending_exception) {
    napi_value exception;
    if (napi_get_and_clear_last_exception(env, &exception) == napi_ok) {
      napi_fatal_exception(env, exception);
    }
  }
  napi_close_handle_scope(env, scope);
}

// Reports `count` events of `ready`; or those of the nested set, when it is negative. There is no
// caller to tell of a failure: what is not reported now is reported in the next turn.
static void poller_serve(poller_t *poller, int count) {
  napi_handle_scope handles;
  napi_callback_scope ticks;  // its end runs what the callbacks left to nextTick and promises
  napi_value resource;
  if (napi_open_handle_scope(poller->env, &handles) != napi_ok) return;
  if (napi_get_reference_value(poller->env, poller->receiver, &resource) == napi_ok &&
      napi_open_callback_scope(poller->env, resource, poller->context, &ticks) == napi_ok) {
    poller->serving = true;
    if (count < 0) count = epoll_wait(poller->epfd, poller->ready, EVENTS, 0);
    if (count > 0) poller_report(poller, count);
    napi_close_callback_scope(poller->env, ticks);
    poller->serving = false;
    if (poller->closing) poller_drop_references(poller);
  }
  napi_close_handle_scope(poller->env, handles);
}

static void poller_on_readable(uv_poll_t *handle, int status, int flags) {
  (void)status, (void)flags;
  poller_serve((poller_t *)handle, -1);
}

static void busy_on_readable(uv_poll_t *handle, int status, int flags) {
  busy_t *busy = (busy_t *)handle;
  poller_t *poller = busy->poller;
  // libuv gives up a descriptor with an error on it; reading it is what clears the error.
  if (status < 0) (void)uv_poll_start(handle, UV_READABLE, busy_on_readable);
  uint32_t events = status < 0 ? EPOLLIN | EPOLLERR : (uint32_t)flags;
  poller->ready[0] = (struct epoll_event){.events = events, .data.u64 = (uint32_t)busy->tag};
  poller_serve(poller, 1);
}

// All that can fail once the handle is there and has to be closed.
static bool poller_open(poller_t *poller, args_t *args) {
  napi_env env = poller->env;
  napi_value buffer, array, name;
  void *data;
  // The hook comes first: from here on an environment that ends waits until the handle is closed.
  TRY(napi_add_async_cleanup_hook(env, poller_environment_ends, poller, &poller->cleanup));
  TRY(napi_create_string_utf8(env, "node-reuseport", NAPI_AUTO_LENGTH, &name));
  TRY(napi_async_init(env, args->self, name, &poller->context));
  TRY(napi_create_arraybuffer(env, EVENTS_SIZE, &data, &buffer));
  TRY(napi_create_typedarray(env, napi_int32_array, EVENTS * 2, buffer, 0, &array));
  TRY(napi_set_named_property(env, args->self, "events", array));
  TRY(napi_create_reference(env, buffer, 1, &poller->events_ref));
  TRY(napi_create_reference(env, args->at[0], 1, &poller->callback));
  TRY(napi_create_reference(env, args->self, 1, &poller->receiver));
  int result = uv_poll_start(&poller->handle, UV_READABLE, poller_on_readable);
  if (result != 0) return fail_errno(env, "uv_poll_start", -result, NULL), false;
  TRY(napi_wrap(env, args->self, poller, NULL, NULL, NULL));
  return true;
}

// new Poller(onReady)
static napi_value poller_new(napi_env env, napi_callback_info info) {
  args_t args;
  napi_valuetype type;
  uv_loop_t *loop;
  if (!args_check_new(env, info)) return NULL;
  if (!args_read(env, info, &args) || napi_typeof(env, args.at[0], &type) != napi_ok ||
      type != napi_function) {
    return fail_argument(env, "onReady: expected a function");
  }
  TRY(napi_get_uv_event_loop(env, &loop));
  int epfd = epoll_create1(EPOLL_CLOEXEC);
  if (epfd < 0) return fail_errno(env, "epoll_create1", errno, NULL);
  poller_t *poller = calloc(1, sizeof *poller);
  if (!poller) return fail_and_close(env, epfd, "calloc", NULL);
  *poller = (poller_t){.env = env, .handles = 1, .epfd = epfd};
  int result = uv_poll_init(loop, &poller->handle, epfd);
  if (result != 0) {
    free(poller);
    errno = -result;
    return fail_and_close(env, epfd, "uv_poll_init", NULL);
  }
  if (poller_open(poller, &args)) return args.self;
  poller_begin_close(poller);
  return NULL;
}

// The poller behind `this`, or NULL with an error thrown when it was closed: close() takes the
// wrapping away.
static poller_t *poller_of(napi_env env, args_t *args) {
  void *data;
  if (napi_unwrap(env, args->self, &data) == napi_ok) return data;
  fail_argument(env, "this: expected an open Poller");
  return NULL;
}

static napi_value poller_control(napi_env env, napi_callback_info info, int operation) {
  args_t args;
  int32_t fd, flags = 0, tag = 0;
  if (!args_read(env, info, &args)) return NULL;
  poller_t *poller = poller_of(env, &args);
  if (!poller) return NULL;
  if (!args_read_int(env, args.at[0], &fd) ||
      (operation != EPOLL_CTL_DEL &&
       (!args_read_int(env, args.at[1], &flags) || !args_read_int(env, args.at[2], &tag)))) {
    return fail_argument(env, "expected (fd, flags, tag), all of them integers of 32 bits");
  }
  struct epoll_event event = {.events = (uint32_t)flags, .data.u64 = (uint32_t)tag};
  if (epoll_ctl(poller->epfd, operation, fd, &event) == 0) return NULL;
  return fail_errno(env, "epoll_ctl", errno, NULL);
}

// add(fd, flags, tag): watched in the nested set.
static napi_value poller_add(napi_env env, napi_callback_info info) {
  return poller_control(env, info, EPOLL_CTL_ADD);
}

// modify(fd, flags, tag): of a descriptor that was added, not of a busy one.
static napi_value poller_modify(napi_env env, napi_callback_info info) {
  return poller_control(env, info, EPOLL_CTL_MOD);
}

// addBusy(fd, tag): told when readable, from libuv's own set.
static napi_value poller_add_busy(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t fd, tag;
  if (!args_read(env, info, &args)) return NULL;
  poller_t *poller = poller_of(env, &args);
  if (!poller) return NULL;
  if (!args_read_int(env, args.at[0], &fd) || !args_read_int(env, args.at[1], &tag)) {
    return fail_argument(env, "expected (fd, tag), both of them integers of 32 bits");
  }
  if (busy_find(poller, fd)) return fail_errno(env, "uv_poll_init", EEXIST, NULL);
  int duplicate = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (duplicate < 0) return fail_errno(env, "uv_poll_init", errno, NULL);
  busy_t *busy = calloc(1, sizeof *busy);
  if (!busy) return fail_and_close(env, duplicate, "calloc", NULL);
  *busy = (busy_t){.poller = poller, .fd = fd, .duplicate = duplicate, .tag = tag};
  int result = uv_poll_init(poller->handle.loop, &busy->handle, duplicate);
  if (result != 0) {
    free(busy);
    errno = -result;
    return fail_and_close(env, duplicate, "uv_poll_init", NULL);
  }
  poller->handles++;
  result = uv_poll_start(&busy->handle, UV_READABLE, busy_on_readable);
  if (result != 0) {
    busy_close(busy);
    return fail_errno(env, "uv_poll_start", -result, NULL);
  }
  // Now, and not when the loop comes round: libuv ends the process when it gets no watch then. It
  // takes a watch it finds there already for its own.
  struct epoll_event event = {.events = EPOLLIN, .data.fd = duplicate};
  if (epoll_ctl(uv_backend_fd(poller->handle.loop), EPOLL_CTL_ADD, duplicate, &event) != 0) {
    int error = errno;
    busy_close(busy);
    return fail_errno(env, "epoll_ctl", error, NULL);
  }
  busy->next = poller->busy;
  poller->busy = busy;
  return NULL;
}

// remove(fd): from whichever set it is in.
static napi_value poller_remove(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t fd;
  if (!args_read(env, info, &args)) return NULL;
  poller_t *poller = poller_of(env, &args);
  if (!poller) return NULL;
  busy_t **link = args_read_int(env, args.at[0], &fd) ? busy_find(poller, fd) : NULL;
  if (!link) return poller_control(env, info, EPOLL_CTL_DEL);
  busy_remove(link);
  return NULL;
}

// close(): nothing when it is closed already.
static napi_value poller_close(napi_env env, napi_callback_info info) {
  args_t args;
  void *data;
  if (!args_read(env, info, &args)) return NULL;
  if (napi_remove_wrap(env, args.self, &data) == napi_ok) poller_begin_close(data);
  return NULL;
}

bool poller_register(napi_env env, napi_value exports) {
  const exports_function_t methods[] = {{"add", poller_add},
                                        {"addBusy", poller_add_busy},
                                        {"modify", poller_modify},
                                        {"remove", poller_remove},
                                        {"close", poller_close}};
  return exports_add_class(env, exports, "Poller", poller_new, methods,
                           sizeof methods / sizeof *methods);
}
