// addon — module entry and the few shapes every part reads its arguments with.
#include "addon.h"

#include <stdio.h>
#include <time.h>

#include "failure.h"

napi_status export_function(napi_env env, napi_value exports, const char *name,
                            napi_callback callback) {
  napi_value function;
  napi_status status = napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, NULL, &function);
  return status == napi_ok ? napi_set_named_property(env, exports, name, function) : status;
}

napi_status export_functions(napi_env env, napi_value exports, const named_function *functions,
                             size_t count) {
  for (size_t i = 0; i < count; i++) {
    napi_status status = export_function(env, exports, functions[i].name, functions[i].callback);
    if (status != napi_ok) return status;
  }
  return napi_ok;
}

bool arguments_read(napi_env env, napi_callback_info info, arguments *out) {
  size_t count = 8;
  return napi_get_cb_info(env, info, &count, out->at, &out->self, &out->data) == napi_ok;
}

bool bind_method(napi_env env, napi_value self, const char *name, napi_callback callback,
                 void *data, int *holders, napi_finalize finalize) {
  napi_value method;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &method) != napi_ok ||
      napi_add_finalizer(env, method, data, finalize, data, NULL) != napi_ok) {
    return false;
  }
  ++*holders;
  return napi_set_named_property(env, self, name, method) == napi_ok;
}

// Not napi_get_value_int32: it turns NaN and 2**32 into 0, and descriptor 0 is somebody's.
bool read_int(napi_env env, napi_value value, int32_t *out) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok ||
      !(number >= INT32_MIN && number <= INT32_MAX))
    return false;
  *out = (int32_t)number;
  return (double)*out == number;
}

bool read_fd(napi_env env, napi_callback_info info, int32_t *fd) {
  arguments args;
  if (arguments_read(env, info, &args) && read_int(env, args.at[0], fd)) return true;
  return fail_argument(env, "fd: expected a descriptor"), false;
}

bool read_option(napi_env env, napi_value options, const char *name, napi_value *out, bool *given) {
  napi_valuetype type;
  if (napi_get_named_property(env, options, name, out) != napi_ok ||
      napi_typeof(env, *out, &type) != napi_ok)
    return false;
  *given = type != napi_undefined;
  return true;
}

bool read_int_option(napi_env env, napi_value options, const char *name, int32_t low, int32_t high,
                     int32_t *out) {
  napi_value value;
  bool given;
  if (!read_option(env, options, name, &value, &given)) return false;
  if (!given || (read_int(env, value, out) && *out >= low && *out <= high)) return true;
  char text[96];
  snprintf(text, sizeof text, "%s: expected an integer from %d to %d", name, low, high);
  return fail_argument(env, text), false;
}

bool constructing(napi_env env, napi_callback_info info) {
  napi_value target = NULL;
  if (napi_get_new_target(env, info, &target) == napi_ok && target) return true;
  return fail_argument(env, "class constructor: expected new"), false;
}

uint8_t *read_bytes(napi_env env, napi_value array, int32_t offset, int32_t length) {
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
  static uint8_t empty;
  return data ? (uint8_t *)data + offset : &empty;
}

napi_value expose_memory(napi_env env, void *data, size_t size, napi_typedarray_type type,
                         size_t elements, napi_finalize finalize, void *hint) {
  napi_value buffer, array;
  napi_status status = napi_create_external_arraybuffer(env, data, size, finalize, hint, &buffer);
  if (status == napi_ok &&
      napi_create_typedarray(env, type, elements, buffer, 0, &array) == napi_ok)
    return array;
  // Node calls the finalizer itself once it got as far as making a Buffer, and says "generic
  // failure" if that failed.
  if (status != napi_ok && status != napi_generic_failure) finalize(env, data, hint);
  bool thrown = false;
  if (napi_is_exception_pending(env, &thrown) == napi_ok && !thrown) {
    napi_throw_error(env, NULL, "this Node.js does not let addons expose memory of their own");
  }
  return NULL;
}

napi_value make_int(napi_env env, int32_t value) {
  napi_value number;
  return napi_create_int32(env, value, &number) == napi_ok ? number : NULL;
}

// Milliseconds of CLOCK_MONOTONIC: the same clock in every process of the machine, unlike
// performance.now().
static napi_value monotonic_ms(napi_env env, napi_callback_info info) {
  (void)info;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  napi_value number;
  double ms = (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
  return napi_create_double(env, ms, &number) == napi_ok ? number : NULL;
}

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
  napi_status (*parts[])(napi_env, napi_value) = {
      socket_register, stream_register,  arena_register, poller_register, channel_register,
      memory_register, netlink_register, tun_register,   fence_register};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (parts[i](env, exports) != napi_ok) {
      napi_throw_error(env, NULL, "node-reuseport could not register its functions");
      return NULL;
    }
  }
  if (export_function(env, exports, "monotonicMs", monotonic_ms) != napi_ok) return NULL;
  return exports;
}
