// failing — calls of Node-API of which a test lets the n-th fail: included first in every source.
//
// The environment has n, which each call makes one less, so that it needs no variable of the addon.
#include <node_api.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static inline bool failing(void) {
  const char *left = getenv("FAILING");
  if (!left) return false;
  char less[16];
  snprintf(less, sizeof less, "%d", atoi(left) - 1);
  if (atoi(less) > 0) return setenv("FAILING", less, 1), false;
  return unsetenv("FAILING"), true;
}

// The one that makes array buffers frees what they are of when it fails in any other way.
#define FAILING(call) (failing() ? napi_invalid_arg : call)
#define napi_get_cb_info(...) FAILING(napi_get_cb_info(__VA_ARGS__))
#define napi_get_named_property(...) FAILING(napi_get_named_property(__VA_ARGS__))
#define napi_set_named_property(...) FAILING(napi_set_named_property(__VA_ARGS__))
#define napi_create_int32(...) FAILING(napi_create_int32(__VA_ARGS__))
#define napi_create_double(...) FAILING(napi_create_double(__VA_ARGS__))
#define napi_create_string_utf8(...) FAILING(napi_create_string_utf8(__VA_ARGS__))
#define napi_create_object(...) FAILING(napi_create_object(__VA_ARGS__))
#define napi_create_error(...) FAILING(napi_create_error(__VA_ARGS__))
#define napi_create_function(...) FAILING(napi_create_function(__VA_ARGS__))
#define napi_create_reference(...) FAILING(napi_create_reference(__VA_ARGS__))
#define napi_create_arraybuffer(...) FAILING(napi_create_arraybuffer(__VA_ARGS__))
#define napi_create_external_arraybuffer(...) FAILING(napi_create_external_arraybuffer(__VA_ARGS__))
#define napi_create_typedarray(...) FAILING(napi_create_typedarray(__VA_ARGS__))
#define napi_get_boolean(...) FAILING(napi_get_boolean(__VA_ARGS__))
#define napi_add_finalizer(...) FAILING(napi_add_finalizer(__VA_ARGS__))
#define napi_add_async_cleanup_hook(...) FAILING(napi_add_async_cleanup_hook(__VA_ARGS__))
#define napi_async_init(...) FAILING(napi_async_init(__VA_ARGS__))
#define napi_get_uv_event_loop(...) FAILING(napi_get_uv_event_loop(__VA_ARGS__))
#define napi_wrap(...) FAILING(napi_wrap(__VA_ARGS__))
