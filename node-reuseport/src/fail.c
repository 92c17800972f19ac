// fail — turns errno into JavaScript errors spelled as Node spells them.
#include "fail.h"

#include <stdio.h>
#include <uv.h>

static void set_string(napi_env env, napi_value object, const char *name, const char *text) {
  napi_value value;
  if (napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) == napi_ok) {
    napi_set_named_property(env, object, name, value);
  }
}

napi_value fail_errno(napi_env env, const char *syscall, int error, const char *where) {
  char text[256], code[48], reason[96];
  // The _r variants: the others leak a string for every errno that libuv has no name for.
  uv_err_name_r(-error, code, sizeof code);
  uv_strerror_r(-error, reason, sizeof reason);
  snprintf(text, sizeof text, "%s %s: %s%s%s", syscall, code, reason, where ? ", " : "",
           where ? where : "");
  napi_value message, code_value, failure, number;
  if (napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message) != napi_ok ||
      napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &code_value) != napi_ok ||
      napi_create_error(env, code_value, message, &failure) != napi_ok) {
    return NULL;
  }
  if (napi_create_int32(env, -error, &number) == napi_ok) {
    napi_set_named_property(env, failure, "errno", number);
  }
  set_string(env, failure, "syscall", syscall);
  napi_throw(env, failure);
  return NULL;
}

napi_value fail_argument(napi_env env, const char *message) {
  napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE", message);
  return NULL;
}
