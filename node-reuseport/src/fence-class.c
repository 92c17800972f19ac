// fence-class — the class Fence: functions on connections, made only while no other process has
// taken them.
#include <stdio.h>

#include "addon.h"
#include "args.h"
#include "exports.h"
#include "fail.h"
#include "fence.h"
#include "layout.h"
#include "stream.h"
#include "value.h"

static void holder_finalized(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  fence_release(data);
}

// A word of the header that is the user's.
static bool read_word(napi_env env, napi_value value, int32_t *word) {
  return args_read_int(env, value, word) && *word >= HEAD_USER && *word < HEADER_WORDS;
}

// watch(place, fd, word): from now on that word is looked at, too, in place of what was there;
// nothing with a negative fd.
static napi_value fence_class_watch(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t place, fd, word = 0;
  if (!args_read(env, info, &args)) return NULL;
  if (!args_read_int(env, args.at[0], &place) || !args_read_int(env, args.at[1], &fd) ||
      place < 0 || place >= FENCE_PLACES || (fd >= 0 && !read_word(env, args.at[2], &word))) {
    char text[128];
    snprintf(text, sizeof text,
             "expected (place, fd, word): a place from 0 to %d, a word from %d to %d of an arena",
             FENCE_PLACES - 1, HEAD_USER, HEADER_WORDS - 1);
    return fail_argument(env, text);
  }
  (void)fence_watch(env, args.data, place, fd, word);
  return NULL;
}

// new Fence(fd, word)
static napi_value fence_class_new(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t fd, word;
  if (!args_check_new(env, info)) return NULL;
  if (!args_read(env, info, &args) || !args_read_int(env, args.at[0], &fd) ||
      !read_word(env, args.at[1], &word)) {
    return fail_argument(env, "expected (fd, word): the memory of an arena, a word of its user's");
  }
  fence_t *fence = fence_new(env, fd, word);
  if (!fence) return NULL;
  if (napi_wrap(env, args.self, fence, holder_finalized, NULL, NULL) != napi_ok) {
    fail_status(env, "napi_wrap");
    fence_release(fence);
    return NULL;
  }
  const exports_function_t methods[] = {{"watch", fence_class_watch},  {"write", stream_write},
                                        {"discard", stream_discard},   {"wakeAt", stream_wake_at},
                                        {"shutdown", stream_shutdown}, {"reset", stream_reset}};
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
    if (!value_bind_method(env, args.self, methods[i].name, methods[i].callback, fence,
                           &fence->holders, holder_finalized)) {
      return NULL;
    }
  }
  return value_set_bool(env, args.self, "isExact", fence->area != NULL) ? args.self : NULL;
}

bool fence_class_register(napi_env env, napi_value exports) {
  return exports_add_class(env, exports, "Fence", fence_class_new, NULL, 0);
}
