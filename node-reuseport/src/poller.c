// poller — one epoll set on the event loop; readiness of many descriptors reaches JavaScript in one
// call.
//
// The set is nested in libuv's own: a turn of the loop costs one call into JavaScript whatever the
// number of descriptors.
#include "poller.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "addon.h"
#include "failure.h"

void poller_release(poller *it) {
  if (--it->handles > 0) return;
  close(it->epfd);
  if (it->cleanup) napi_remove_async_cleanup_hook(it->cleanup);
  free(it);
}

static void closed(uv_handle_t *handle) { poller_release((poller *)handle); }

// What JavaScript objects hold on to; not while a callback scope that was opened with the context
// is still open.
static void let_go(poller *it) {
  napi_ref *refs[] = {&it->callback, &it->receiver, &it->events_ref};
  if (it->serving) return;
  for (size_t i = 0; i < sizeof refs / sizeof *refs; i++) {
    if (*refs[i]) napi_delete_reference(it->env, *refs[i]);
    *refs[i] = NULL;
  }
  if (it->context) napi_async_destroy(it->env, it->context);
  it->context = NULL;
}

static void begin_close(poller *it) {
  if (it->closing) return;
  it->closing = true;
  let_go(it);
  while (it->watched) end_busy(&it->watched);
  uv_poll_stop(&it->handle);
  uv_close((uv_handle_t *)&it->handle, closed);
}

// The environment ends (process.exit, a worker's end): only the handle is left to close.
static void environment_ends(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  begin_close(data);
}

// Writes [tag, flags] pairs; how many. Asks where the array is each time: its buffer can be
// transferred away.
static int store_events(poller *it, int count) {
  napi_value buffer;
  void *data;
  size_t size;
  if (napi_get_reference_value(it->env, it->events_ref, &buffer) != napi_ok ||
      napi_get_arraybuffer_info(it->env, buffer, &data, &size) != napi_ok || size < EVENTS_SIZE) {
    return 0;
  }
  int32_t *pairs = data;
  for (int i = 0; i < count; i++) {
    pairs[2 * i] = (int32_t)it->ready[i].data.u32;
    pairs[2 * i + 1] = (int32_t)it->ready[i].events;
  }
  return count;
}

// Tells JavaScript how many events it finds in its array; what the callback throws is for
// uncaughtException.
static void report(poller *it, int count) {
  napi_env env = it->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value callback, receiver, argument = make_int(env, store_events(it, count)), ignored;
  napi_status status = napi_generic_failure;
  if (argument && napi_get_reference_value(env, it->callback, &callback) == napi_ok &&
      napi_get_reference_value(env, it->receiver, &receiver) == napi_ok) {
    status = napi_call_function(env, receiver, callback, 1, &argument, &ignored);
  }
  if (status == napi_pending_exception) {
    napi_value exception;
    if (napi_get_and_clear_last_exception(env, &exception) == napi_ok)
      napi_fatal_exception(env, exception);
  }
  napi_close_handle_scope(env, scope);
}

// Reports `count` events of `ready`; or those of the nested set, when it is negative.
void poller_serve(poller *it, int count) {
  napi_handle_scope handles;
  napi_callback_scope
      ticks;  // closing it runs what the callbacks left to process.nextTick and promises
  napi_value resource;
  if (napi_open_handle_scope(it->env, &handles) != napi_ok) return;
  if (napi_get_reference_value(it->env, it->receiver, &resource) == napi_ok &&
      napi_open_callback_scope(it->env, resource, it->context, &ticks) == napi_ok) {
    it->serving = true;
    if (count < 0) count = epoll_wait(it->epfd, it->ready, EVENTS, 0);
    if (count > 0) report(it, count);
    napi_close_callback_scope(it->env, ticks);
    it->serving = false;
    if (it->closing) let_go(it);
  }
  napi_close_handle_scope(it->env, handles);
}

static void on_readable(uv_poll_t *handle, int status, int flags) {
  (void)status, (void)flags;
  poller_serve((poller *)handle, -1);
}

// new Poller(onReady)
static napi_value poller_new(napi_env env, napi_callback_info info) {
  arguments args;
  napi_valuetype type;
  uv_loop_t *loop;
  napi_value buffer, array, name;
  void *data;
  if (!constructing(env, info)) return NULL;
  if (!arguments_read(env, info, &args) || napi_typeof(env, args.at[0], &type) != napi_ok ||
      type != napi_function) {
    return fail_argument(env, "onReady: expected a function");
  }
  poller *it = calloc(1, sizeof *it);
  if (!it) return fail_errno(env, "calloc", ENOMEM, NULL);
  it->env = env;
  it->handles = 1;
  it->epfd = epoll_create1(EPOLL_CLOEXEC);
  if (it->epfd < 0) {
    int error = errno;
    free(it);
    return fail_errno(env, "epoll_create1", error, NULL);
  }
  if (napi_get_uv_event_loop(env, &loop) != napi_ok ||
      uv_poll_init(loop, &it->handle, it->epfd) != 0) {
    close(it->epfd);
    free(it);
    return fail_errno(env, "uv_poll_init", EINVAL, NULL);
  }
  // The hook comes first: from here on an environment that ends waits until the handle is closed.
  if (napi_add_async_cleanup_hook(env, environment_ends, it, &it->cleanup) != napi_ok ||
      napi_create_string_utf8(env, "node-reuseport", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_async_init(env, args.self, name, &it->context) != napi_ok ||
      napi_create_arraybuffer(env, EVENTS_SIZE, &data, &buffer) != napi_ok ||
      napi_create_typedarray(env, napi_int32_array, EVENTS * 2, buffer, 0, &array) != napi_ok ||
      napi_set_named_property(env, args.self, "events", array) != napi_ok ||
      napi_create_reference(env, buffer, 1, &it->events_ref) != napi_ok ||
      napi_create_reference(env, args.at[0], 1, &it->callback) != napi_ok ||
      napi_create_reference(env, args.self, 1, &it->receiver) != napi_ok ||
      uv_poll_start(&it->handle, UV_READABLE, on_readable) != 0 ||
      napi_wrap(env, args.self, it, NULL, NULL, NULL) != napi_ok) {
    begin_close(it);
    return NULL;
  }
  return args.self;
}

// The poller behind `this`, or NULL with an error thrown when it was closed: close() takes the
// wrapping away.
poller *poller_of(napi_env env, arguments *args) {
  void *data;
  if (napi_unwrap(env, args->self, &data) == napi_ok) return data;
  fail_argument(env, "this: expected an open Poller");
  return NULL;
}

static napi_value control(napi_env env, napi_callback_info info, int operation) {
  arguments args;
  int32_t fd, flags = 0, tag = 0;
  if (!arguments_read(env, info, &args)) return NULL;
  poller *it = poller_of(env, &args);
  if (!it) return NULL;
  if (!read_int(env, args.at[0], &fd) ||
      (operation != EPOLL_CTL_DEL &&
       (!read_int(env, args.at[1], &flags) || !read_int(env, args.at[2], &tag)))) {
    return fail_argument(env, "expected (fd, flags, tag), all of them integers of 32 bits");
  }
  struct epoll_event event = {.events = (uint32_t)flags, .data.u64 = (uint32_t)tag};
  if (epoll_ctl(it->epfd, operation, fd, &event) != 0)
    return fail_errno(env, "epoll_ctl", errno, NULL);
  return NULL;
}

static napi_value poller_add(napi_env env, napi_callback_info info) {
  return control(env, info, EPOLL_CTL_ADD);
}
static napi_value poller_modify(napi_env env, napi_callback_info info) {
  return control(env, info, EPOLL_CTL_MOD);
}

// remove(fd): from whichever set it is in.
static napi_value poller_remove(napi_env env, napi_callback_info info) {
  arguments args;
  int32_t fd;
  if (!arguments_read(env, info, &args)) return NULL;
  poller *it = poller_of(env, &args);
  if (!it) return NULL;
  busy **link = read_int(env, args.at[0], &fd) ? find_busy(it, fd) : NULL;
  if (link) {
    end_busy(link);
    return NULL;
  }
  return control(env, info, EPOLL_CTL_DEL);
}

static napi_value poller_close(napi_env env, napi_callback_info info) {
  arguments args;
  void *data;
  if (!arguments_read(env, info, &args)) return NULL;
  if (napi_remove_wrap(env, args.self, &data) != napi_ok) return NULL;
  begin_close(data);
  return NULL;
}

napi_status poller_register(napi_env env, napi_value exports) {
  const napi_property_descriptor methods[] = {
      {"add", NULL, poller_add, NULL, NULL, NULL, napi_default, NULL},
      {"addBusy", NULL, poller_add_busy, NULL, NULL, NULL, napi_default, NULL},
      {"modify", NULL, poller_modify, NULL, NULL, NULL, napi_default, NULL},
      {"remove", NULL, poller_remove, NULL, NULL, NULL, napi_default, NULL},
      {"close", NULL, poller_close, NULL, NULL, NULL, napi_default, NULL},
  };
  napi_value constructor;
  napi_status status = napi_define_class(env, "Poller", NAPI_AUTO_LENGTH, poller_new, NULL,
                                         sizeof methods / sizeof *methods, methods, &constructor);
  return status == napi_ok ? napi_set_named_property(env, exports, "Poller", constructor) : status;
}
