// poller — what the two kinds of descriptors a Poller watches share: those in its own set and the
// busy ones in libuv's.
#ifndef NODE_REUSEPORT_POLLER_H
#define NODE_REUSEPORT_POLLER_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <uv.h>

#include "args.h"

enum { EVENTS = 256, EVENTS_SIZE = EVENTS * 2 * sizeof(int32_t) };

typedef struct poller_t poller_t;

typedef struct busy_t {
  uv_poll_t handle;  // first: libuv frees nothing, busy_closed() does
  poller_t *owner;
  int fd;   // as its owner knows it
  int own;  // a duplicate: libuv aborts the process when what it watches turns out to be closed
  int32_t tag;
  struct busy_t *next;
} busy_t;

struct poller_t {
  uv_poll_t handle;  // first: libuv frees nothing, closed() does
  napi_env env;
  napi_ref callback, receiver, events_ref;
  napi_async_cleanup_hook_handle cleanup;
  int epfd;
  bool closing, serving;
  napi_async_context context;
  struct epoll_event ready[EVENTS];
  busy_t *watched;  // those in libuv's set
  int handles;      // not closed yet, its own among them; the last one frees
};

// The poller behind `this`, or NULL with an error thrown when it was closed.
poller_t *poller_of(napi_env env, args_t *args);

// Reports `count` events of `ready`; or those of the nested set, when it is negative.
void poller_serve(poller_t *poller, int count);

// One of its handles is closed.
void poller_release(poller_t *poller);

// In busy.c: the method; where the one of a descriptor hangs, or NULL; takes it out of the list and
// ends it.
napi_value poller_add_busy(napi_env env, napi_callback_info info);
busy_t **busy_find(poller_t *poller, int fd);
void busy_end(busy_t **link);

#endif
