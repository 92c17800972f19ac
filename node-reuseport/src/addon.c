// addon — module entry and the few shapes every part reads its arguments with.
#include "addon.h"

#include <time.h>

#include "failure.h"

napi_status export_function(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value function;
  napi_status status = napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, NULL, &function);
  return status == napi_ok ? napi_set_named_property(env, exports, name, function) : status;
}

bool arguments_read(napi_env env, napi_callback_info info, arguments *out) {
  size_t count = 8;
  return napi_get_cb_info(env, info, &count, out->at, &out->self, NULL) == napi_ok;
}

bool read_int(napi_env env, napi_value value, int32_t *out) { return napi_get_value_int32(env, value, out) == napi_ok; }

uint8_t *read_bytes(napi_env env, napi_value array, int32_t offset, int32_t length) {
  napi_typedarray_type type;
  size_t size;
  void *data;
  if (napi_get_typedarray_info(env, array, &type, &size, &data, NULL, NULL) != napi_ok || type != napi_uint8_array) {
    fail_argument(env, "buffer: expected a Uint8Array");
    return NULL;
  }
  if (offset < 0 || length < 0 || (size_t)offset > size || (size_t)length > size - (size_t)offset) {
    fail_argument(env, "offset and length: expected a range inside the buffer");
    return NULL;
  }
  static uint8_t empty;
  return data ? (uint8_t *)data + offset : &empty;
}

napi_value make_int(napi_env env, int32_t value) {
  napi_value number;
  return napi_create_int32(env, value, &number) == napi_ok ? number : NULL;
}

// Milliseconds of CLOCK_MONOTONIC: the same clock in every process of the machine, unlike performance.now().
static napi_value monotonic_ms(napi_env env, napi_callback_info info) {
  (void)info;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  napi_value number;
  double ms = (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
  return napi_create_double(env, ms, &number) == napi_ok ? number : NULL;
}

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
  napi_status (*parts[])(napi_env, napi_value) = {socket_register, stream_register, arena_register, poller_register};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (parts[i](env, exports) != napi_ok) {
      napi_throw_error(env, NULL, "node-reuseport could not register its functions");
      return NULL;
    }
  }
  if (export_function(env, exports, "monotonicMs", monotonic_ms) != napi_ok) return NULL;
  return exports;
}
