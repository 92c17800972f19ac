// addon — what the parts of the addon register with the module.
#ifndef NODE_REUSEPORT_ADDON_H
#define NODE_REUSEPORT_ADDON_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

napi_status socket_register(napi_env env, napi_value exports);
napi_status stream_register(napi_env env, napi_value exports);
napi_status arena_register(napi_env env, napi_value exports);
napi_status poller_register(napi_env env, napi_value exports);

// Adds `callback` to `exports` under `name`.
napi_status export_function(napi_env env, napi_value exports, const char *name, napi_callback callback);

// The arguments of a call, at most eight; missing ones are undefined.
typedef struct {
  napi_value at[8];
  napi_value self;
} arguments;
bool arguments_read(napi_env env, napi_callback_info info, arguments *out);

// An int32 argument; false (nothing thrown) when it is no number.
bool read_int(napi_env env, napi_value value, int32_t *out);

// The bytes of a Uint8Array argument from `offset` for `length`; NULL with a TypeError thrown when out of bounds.
uint8_t *read_bytes(napi_env env, napi_value array, int32_t offset, int32_t length);

napi_value make_int(napi_env env, int32_t value);

#endif
