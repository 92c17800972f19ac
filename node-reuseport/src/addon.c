// addon — module entry, the clock that all processes share, and what this one may have open.
#include "addon.h"

#include <math.h>
#include <sys/resource.h>
#include <time.h>

#include "exports.h"
#include "value.h"

// monotonicMs(): milliseconds of CLOCK_MONOTONIC, which unlike performance.now() is the same clock
// in every process of the machine.
static napi_value addon_monotonic_ms(napi_env env, napi_callback_info info) {
  (void)info;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return value_from_double(env, (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6);
}

// descriptorLimit(): how many descriptors this process may have open.
static napi_value addon_descriptor_limit(napi_env env, napi_callback_info info) {
  (void)info;
  struct rlimit limit = {.rlim_cur = RLIM_INFINITY};
  (void)getrlimit(RLIMIT_NOFILE, &limit);
  return value_from_double(env,
                           limit.rlim_cur == RLIM_INFINITY ? INFINITY : (double)limit.rlim_cur);
}

static bool addon_register(napi_env env, napi_value exports) {
  const exports_function_t functions[] = {{"monotonicMs", addon_monotonic_ms},
                                          {"descriptorLimit", addon_descriptor_limit}};
  return exports_add_functions(env, exports, functions, sizeof functions / sizeof *functions);
}

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
  bool (*parts[])(napi_env, napi_value) = {
      addon_register,   socket_register,  stream_register,     arena_register, poller_register,
      channel_register, memory_register,  netlink_register,    tun_register,   fence_class_register,
      numbers_register, bounded_register, privileges_register, lock_register};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (!parts[i](env, exports)) return NULL;
  }
  return exports;
}
