// value — numbers, objects and methods made for JavaScript.
#include "value.h"

napi_value value_from_int(napi_env env, int32_t number) {
  napi_value value;
  return napi_create_int32(env, number, &value) == napi_ok ? value : NULL;
}

bool value_bind_method(napi_env env, napi_value self, const char *name, napi_callback callback,
                       void *data, int *holders, napi_finalize finalize) {
  napi_value method;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &method) != napi_ok ||
      napi_add_finalizer(env, method, data, finalize, data, NULL) != napi_ok) {
    return false;
  }
  ++*holders;
  return napi_set_named_property(env, self, name, method) == napi_ok;
}
