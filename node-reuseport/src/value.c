// value — numbers, properties and methods made for JavaScript. What fails throws.
#include "value.h"

#include <assert.h>

#include "fail.h"

napi_value value_from_int(napi_env env, int32_t number) {
  napi_value value;
  TRY(napi_create_int32(env, number, &value));
  return value;
}

napi_value value_from_double(napi_env env, double number) {
  napi_value value;
  TRY(napi_create_double(env, number, &value));
  return value;
}

bool value_set_int(napi_env env, napi_value object, const char *name, int32_t number) {
  napi_value value;
  TRY(napi_create_int32(env, number, &value));
  TRY(napi_set_named_property(env, object, name, value));
  return true;
}

bool value_set_bool(napi_env env, napi_value object, const char *name, bool truth) {
  napi_value value;
  TRY(napi_get_boolean(env, truth, &value));
  TRY(napi_set_named_property(env, object, name, value));
  return true;
}

bool value_set_text(napi_env env, napi_value object, const char *name, const char *text) {
  napi_value value;
  TRY(napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value));
  TRY(napi_set_named_property(env, object, name, value));
  return true;
}

bool value_bind_method(napi_env env, napi_value object, const char *name, napi_callback callback,
                       void *data, int *holders, napi_finalize finalize) {
  assert(*holders > 0);
  napi_value method;
  TRY(napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &method));
  TRY(napi_add_finalizer(env, method, data, finalize, data, NULL));
  ++*holders;
  TRY(napi_set_named_property(env, object, name, method));
  return true;
}
