// stream — functions on connections, of which some are also methods of a Fence.
#ifndef NODE_REUSEPORT_STREAM_H
#define NODE_REUSEPORT_STREAM_H

#include <node_api.h>

// Set in what accept returns when the channel did not take the connection.
enum { UNTOLD = 1 << 30 };

// These get the fence as their data, or NULL.
napi_value stream_write(napi_env env, napi_callback_info info);
napi_value stream_discard(napi_env env, napi_callback_info info);
napi_value stream_wake_at(napi_env env, napi_callback_info info);
napi_value stream_shutdown(napi_env env, napi_callback_info info);
napi_value stream_reset(napi_env env, napi_callback_info info);

#endif
