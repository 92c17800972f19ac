// args — the arguments of a call from JavaScript, checked.
#include "args.h"

#include <stdio.h>

#include "fail.h"

bool args_read(napi_env env, napi_callback_info info, args_t *out) {
  size_t count = sizeof out->at / sizeof *out->at;
  TRY(napi_get_cb_info(env, info, &count, out->at, &out->self, &out->data));
  return true;
}

bool args_check_new(napi_env env, napi_callback_info info) {
  napi_value target = NULL;
  if (napi_get_new_target(env, info, &target) == napi_ok && target) return true;
  return fail_argument(env, "class constructor: expected new"), false;
}

// Not napi_get_value_int32: it turns NaN and 2**32 into 0, and 0 is a descriptor.
bool args_read_int(napi_env env, napi_value value, int32_t *out) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok ||
      !(number >= INT32_MIN && number <= INT32_MAX)) {
    return false;
  }
  *out = (int32_t)number;
  return (double)*out == number;
}

bool args_read_fd(napi_env env, napi_callback_info info, int32_t *fd) {
  args_t args;
  if (args_read(env, info, &args) && args_read_int(env, args.at[0], fd)) return true;
  return fail_argument(env, "fd: expected a descriptor"), false;
}

uint8_t *args_read_bytes(napi_env env, napi_value array, int32_t offset, int32_t length) {
  napi_typedarray_type type;
  size_t size;
  void *data;
  if (napi_get_typedarray_info(env, array, &type, &size, &data, NULL, NULL) != napi_ok ||
      type != napi_uint8_array) {
    fail_argument(env, "buffer: expected a Uint8Array");
    return NULL;
  }
  if (offset < 0 || length < 0 || (size_t)offset > size || (size_t)length > size - (size_t)offset) {
    fail_argument(env, "offset and length: expected a range inside the buffer");
    return NULL;
  }
  static uint8_t empty;  // process-wide: stands for no bytes, is neither read nor written
  return data ? (uint8_t *)data + offset : &empty;
}

bool args_read_option(napi_env env, napi_value options, const char *name, napi_value *out,
                      bool *given) {
  napi_valuetype type;
  TRY(napi_get_named_property(env, options, name, out));
  TRY(napi_typeof(env, *out, &type));
  *given = type != napi_undefined;
  return true;
}

bool args_read_int_option(napi_env env, napi_value options, const char *name, int32_t low,
                          int32_t high, int32_t *out) {
  napi_value value;
  bool given;
  if (!args_read_option(env, options, name, &value, &given)) return false;
  if (!given || (args_read_int(env, value, out) && *out >= low && *out <= high)) return true;
  char text[96];
  snprintf(text, sizeof text, "%s: expected an integer from %d to %d", name, low, high);
  return fail_argument(env, text), false;
}

bool args_read_bool_option(napi_env env, napi_value options, const char *name, bool *out) {
  napi_value value;
  bool given;
  if (!args_read_option(env, options, name, &value, &given)) return false;
  if (!given || napi_get_value_bool(env, value, out) == napi_ok) return true;
  char text[64];
  snprintf(text, sizeof text, "%s: expected true or false", name);
  return fail_argument(env, text), false;
}
