// crash — a method of an Arena: tells its readers that its process ended by its own fault.
#ifndef NODE_REUSEPORT_CRASH_H
#define NODE_REUSEPORT_CRASH_H

#include <node_api.h>

napi_value crash_mark(napi_env env, napi_callback_info info);

#endif
