// stream — the functions of streams that are also methods of a Fence, which they get as their data.
#ifndef NODE_REUSEPORT_STREAM_H
#define NODE_REUSEPORT_STREAM_H

#include <node_api.h>

napi_value stream_write(napi_env env, napi_callback_info info);
napi_value stream_discard(napi_env env, napi_callback_info info);
napi_value stream_wake_at(napi_env env, napi_callback_info info);
napi_value stream_shutdown(napi_env env, napi_callback_info info);

#endif
