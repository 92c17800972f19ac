// addon — what each part of the addon registers with the module.
#ifndef NODE_REUSEPORT_ADDON_H
#define NODE_REUSEPORT_ADDON_H

#include <node_api.h>

napi_status socket_register(napi_env env, napi_value exports);
napi_status stream_register(napi_env env, napi_value exports);
napi_status arena_register(napi_env env, napi_value exports);
napi_status poller_register(napi_env env, napi_value exports);
napi_status channel_register(napi_env env, napi_value exports);
napi_status memory_register(napi_env env, napi_value exports);
napi_status netlink_register(napi_env env, napi_value exports);
napi_status tun_register(napi_env env, napi_value exports);
napi_status fence_register(napi_env env, napi_value exports);

#endif
