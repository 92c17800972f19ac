// lock — a file that one process at a time has, until it gives it up or dies.
#include <errno.h>
#include <sys/file.h>

#include "addon.h"
#include "args.h"
#include "exports.h"
#include "value.h"

// lockFile(fd): 0 or -errno, -EAGAIN while another opening of the file has it. What another process
// does to its own opening takes nothing from ours, unless it was handed a duplicate.
static napi_value lock_file(napi_env env, napi_callback_info info) {
  int32_t fd = 0;
  if (!args_read_fd(env, info, &fd)) return NULL;
  return value_from_int(env, flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : -errno);
}

bool lock_register(napi_env env, napi_value exports) {
  const exports_function_t functions[] = {{"lockFile", lock_file}};
  return exports_add_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
