// value — numbers, properties and methods made for JavaScript. What fails throws.
#ifndef NODE_REUSEPORT_VALUE_H
#define NODE_REUSEPORT_VALUE_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

napi_value value_from_int(napi_env env, int32_t number);
napi_value value_from_double(napi_env env, double number);

bool value_set_int(napi_env env, napi_value object, const char *name, int32_t number);
bool value_set_bool(napi_env env, napi_value object, const char *name, bool truth);
bool value_set_text(napi_env env, napi_value object, const char *name, const char *text);

// A method that is called with `data`: asking `this` for what it wraps would cost each batch as
// much as hashing it. It counts among the holders of that until `finalize(env, data, data)`.
bool value_bind_method(napi_env env, napi_value object, const char *name, napi_callback callback,
                       void *data, int *holders, napi_finalize finalize);

#endif
