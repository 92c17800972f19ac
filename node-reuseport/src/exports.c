// exports — what the module gives to JavaScript by name.
#include "exports.h"

napi_status exports_add_functions(napi_env env, napi_value exports,
                                  const exports_function_t *functions, size_t count) {
  for (size_t i = 0; i < count; i++) {
    napi_value function;
    napi_status status = napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH,
                                              functions[i].callback, NULL, &function);
    if (status == napi_ok) {
      status = napi_set_named_property(env, exports, functions[i].name, function);
    }
    if (status != napi_ok) return status;
  }
  return napi_ok;
}

napi_status exports_add_class(napi_env env, napi_value exports, const char *name,
                              napi_callback constructor, const exports_function_t *methods,
                              size_t count) {
  napi_property_descriptor properties[8] = {0};
  for (size_t i = 0; i < count; i++) {
    properties[i].utf8name = methods[i].name;
    properties[i].method = methods[i].callback;
  }
  napi_value class;
  napi_status status =
      napi_define_class(env, name, NAPI_AUTO_LENGTH, constructor, NULL, count, properties, &class);
  return status == napi_ok ? napi_set_named_property(env, exports, name, class) : status;
}
