// addon — what each part of the addon registers with the module.
#ifndef NODE_REUSEPORT_ADDON_H
#define NODE_REUSEPORT_ADDON_H

#include <node_api.h>
#include <stdbool.h>

// Each of them throws and returns false when it fails.

bool socket_register(napi_env env, napi_value exports);
bool stream_register(napi_env env, napi_value exports);
bool arena_register(napi_env env, napi_value exports);
bool poller_register(napi_env env, napi_value exports);
bool channel_register(napi_env env, napi_value exports);
bool memory_register(napi_env env, napi_value exports);
bool netlink_register(napi_env env, napi_value exports);
bool tun_register(napi_env env, napi_value exports);
bool numbers_register(napi_env env, napi_value exports);
bool fence_class_register(napi_env env, napi_value exports);
bool bounded_register(napi_env env, napi_value exports);
bool privileges_register(napi_env env, napi_value exports);
bool lock_register(napi_env env, napi_value exports);

#endif
