// poller — what the two kinds of descriptors a Poller watches share: those in its own set and the
// busy ones in libuv's.
#ifndef NODE_REUSEPORT_POLLER_H
#define NODE_REUSEPORT_POLLER_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <uv.h>

#include "addon.h"

enum { EVENTS = 256, EVENTS_SIZE = EVENTS * 2 * sizeof(int32_t) };

typedef struct poller poller;

typedef struct busy {
  uv_poll_t handle;  // first: libuv frees nothing, busy_closed() does
  poller *owner;
  int fd;   // as its owner knows it
  int own;  // a duplicate: libuv aborts the process when what it watches turns out to be closed
  int32_t tag;
  struct busy *next;
} busy;

struct poller {
  uv_poll_t handle;  // first: libuv frees nothing, closed() does
  napi_env env;
  napi_ref callback, receiver, events_ref;
  napi_async_cleanup_hook_handle cleanup;
  int epfd;
  bool closing, serving;
  napi_async_context context;
  struct epoll_event ready[EVENTS];
  busy *watched;  // those in libuv's set
  int handles;    // not closed yet, its own among them; the last one frees
};

// The poller behind `this`, or NULL with an error thrown when it was closed.
poller *poller_of(napi_env env, arguments *args);

// Reports `count` events of `ready`; or those of the nested set, when it is negative.
void poller_serve(poller *it, int count);

// One of its handles is closed.
void poller_release(poller *it);

// In busy.c: the method; where the one of a descriptor hangs, or NULL; takes it out of the list and
// ends it.
napi_value poller_add_busy(napi_env env, napi_callback_info info);
busy **find_busy(poller *it, int fd);
void end_busy(busy **link);

#endif
