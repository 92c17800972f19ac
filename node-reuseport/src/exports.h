// exports — what the module gives to JavaScript by name. What fails throws.
#ifndef NODE_REUSEPORT_EXPORTS_H
#define NODE_REUSEPORT_EXPORTS_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  const char *name;
  napi_callback callback;
} exports_function_t;

bool exports_add_functions(napi_env env, napi_value exports, const exports_function_t *functions,
                           size_t count);

typedef struct {
  const char *name;
  int32_t value;
} exports_number_t;

bool exports_add_numbers(napi_env env, napi_value exports, const exports_number_t *numbers,
                         size_t count);

enum { EXPORTS_METHODS = 8 };

// A class with at most EXPORTS_METHODS methods, which find what they work on in `this`.
bool exports_add_class(napi_env env, napi_value exports, const char *name,
                       napi_callback constructor, const exports_function_t *methods, size_t count);

#endif
