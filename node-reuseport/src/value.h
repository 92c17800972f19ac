// value — numbers, objects and methods made for JavaScript.
#ifndef NODE_REUSEPORT_VALUE_H
#define NODE_REUSEPORT_VALUE_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

napi_value value_from_int(napi_env env, int32_t number);

// A method that is called with `data`: asking `this` for what it wraps would cost each batch as
// much as hashing it. It counts among the holders of that until `finalize(env, data, data)`.
bool value_bind_method(napi_env env, napi_value self, const char *name, napi_callback callback,
                       void *data, int *holders, napi_finalize finalize);

#endif
