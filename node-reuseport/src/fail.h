// fail — exceptions for JavaScript, spelled as Node spells its own.
#ifndef NODE_REUSEPORT_FAIL_H
#define NODE_REUSEPORT_FAIL_H

#include <node_api.h>

// All of these throw and return NULL, so that callers can return it.

// Error "SYSCALL CODE: text, where" with code, errno (negative) and syscall. `where` may be NULL.
napi_value fail_errno(napi_env env, const char *syscall, int error, const char *where);

// The same of errno, for a call that leaves `fd` without use: closes it.
napi_value fail_and_close(napi_env env, int fd, const char *syscall, const char *where);

// TypeError; `message` says which argument is wrong and what would be right.
napi_value fail_argument(napi_env env, const char *message);

// Error with what Node-API says about `call`, which has just failed; leaves alone what it has
// thrown.
napi_value fail_status(napi_env env, const char *call);

// A call of Node-API, in a function that returns napi_value or bool and is of no use when it fails.
// What would have to be given back then is the business of the caller of that function.
#define TRY(call)                                                  \
  do {                                                             \
    if ((call) != napi_ok) return (fail_status(env, #call), NULL); \
  } while (0)

#endif
