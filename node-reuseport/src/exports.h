// exports — what the module gives to JavaScript by name.
#ifndef NODE_REUSEPORT_EXPORTS_H
#define NODE_REUSEPORT_EXPORTS_H

#include <node_api.h>
#include <stddef.h>

typedef struct {
  const char *name;
  napi_callback callback;
} exports_function_t;

napi_status exports_add_functions(napi_env env, napi_value exports,
                                  const exports_function_t *functions, size_t count);

// A class of that name, with methods that find what they work on in `this`.
napi_status exports_add_class(napi_env env, napi_value exports, const char *name,
                              napi_callback constructor, const exports_function_t *methods,
                              size_t count);

#endif
