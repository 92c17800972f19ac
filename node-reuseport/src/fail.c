// fail — exceptions for JavaScript, spelled as Node spells its own.
#include "fail.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>
#include <uv.h>

napi_value fail_errno(napi_env env, const char *syscall, int error, const char *where) {
  char text[256], code[48], reason[96];
  // The _r variants: the others leak a string for every errno that libuv has no name for.
  uv_err_name_r(-error, code, sizeof code);
  uv_strerror_r(-error, reason, sizeof reason);
  const char *comma = where ? ", " : "";
  snprintf(text, sizeof text, "%s %s: %s%s%s", syscall, code, reason, comma, where ? where : "");
  napi_value message, code_value, syscall_value, number, failure;
  TRY(napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message));
  TRY(napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &code_value));
  TRY(napi_create_string_utf8(env, syscall, NAPI_AUTO_LENGTH, &syscall_value));
  TRY(napi_create_int32(env, -error, &number));
  TRY(napi_create_error(env, code_value, message, &failure));
  TRY(napi_set_named_property(env, failure, "errno", number));
  TRY(napi_set_named_property(env, failure, "syscall", syscall_value));
  TRY(napi_throw(env, failure));
  return NULL;
}

napi_value fail_and_close(napi_env env, int fd, const char *syscall, const char *where) {
  int error = errno;
  close(fd);
  return fail_errno(env, syscall, error, where);
}

napi_value fail_argument(napi_env env, const char *message) {
  napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE", message);
  return NULL;
}

napi_value fail_status(napi_env env, const char *call) {
  const napi_extended_error_info *info = NULL;
  bool thrown = false;
  char text[256];
  (void)napi_get_last_error_info(env, &info);  // first: every other call forgets it
  const char *reason = info && info->error_message ? info->error_message : "no reason given";
  snprintf(text, sizeof text, "node-reuseport: %s: %s", call, reason);
  if (napi_is_exception_pending(env, &thrown) == napi_ok && !thrown) {
    napi_throw_error(env, "ERR_NAPI", text);
  }
  return NULL;
}
