// fail — turns errno into JavaScript errors spelled as Node spells them.
#ifndef NODE_REUSEPORT_FAIL_H
#define NODE_REUSEPORT_FAIL_H

#include <node_api.h>

// Throws Error "SYSCALL CODE: text, where" with code, errno (negative), syscall. Returns NULL, so
// callers can return it.
napi_value fail_errno(napi_env env, const char *syscall, int error, const char *where);

// Throws a TypeError; `message` says which argument is wrong and what would be right. Returns NULL.
napi_value fail_argument(napi_env env, const char *message);

#endif
