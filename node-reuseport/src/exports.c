// exports — what the module gives to JavaScript by name. What fails throws.
#include "exports.h"

#include <assert.h>

#include "fail.h"
#include "value.h"

bool exports_add_functions(napi_env env, napi_value exports, const exports_function_t *functions,
                           size_t count) {
  for (size_t i = 0; i < count; i++) {
    const exports_function_t *added = &functions[i];
    napi_value function;
    TRY(napi_create_function(env, added->name, NAPI_AUTO_LENGTH, added->callback, NULL, &function));
    TRY(napi_set_named_property(env, exports, added->name, function));
  }
  return true;
}

bool exports_add_numbers(napi_env env, napi_value exports, const exports_number_t *numbers,
                         size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (!value_set_int(env, exports, numbers[i].name, numbers[i].value)) return false;
  }
  return true;
}

bool exports_add_class(napi_env env, napi_value exports, const char *name,
                       napi_callback constructor, const exports_function_t *methods, size_t count) {
  assert(count <= EXPORTS_METHODS);
  napi_property_descriptor properties[EXPORTS_METHODS] = {0};
  for (size_t i = 0; i < count; i++) {
    properties[i].utf8name = methods[i].name;
    properties[i].method = methods[i].callback;
  }
  napi_value class;
  TRY(napi_define_class(env, name, NAPI_AUTO_LENGTH, constructor, NULL, count, properties, &class));
  TRY(napi_set_named_property(env, exports, name, class));
  return true;
}
