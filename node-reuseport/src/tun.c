// tun — an interface that exists as long as a process holds its descriptor.
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "addon.h"
#include "args.h"
#include "exports.h"
#include "fail.h"
#include "value.h"

// Fewer than the kernel takes: it puts a number in for %d, and : stands for an alias.
static bool tun_read_name(napi_env env, napi_value value, char name[IFNAMSIZ]) {
  char text[IFNAMSIZ + 1];  // a byte more than fits, to see what does not
  size_t length;
  if (napi_get_value_string_utf8(env, value, text, sizeof text, &length) != napi_ok || length < 1 ||
      length >= IFNAMSIZ) {
    return false;
  }
  for (size_t i = 0; i < length; i++) {
    if (text[i] <= ' ' || text[i] > '~' || strchr("/:%", text[i])) return false;
  }
  memcpy(name, text, length + 1);
  return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

// openTun(name): not persistent, packets without a header of the device.
static napi_value tun_open(napi_env env, napi_callback_info info) {
  args_t args;
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  if (!args_read(env, info, &args) || !tun_read_name(env, args.at[0], request.ifr_name)) {
    return fail_argument(env,
                         "name: expected 1 to 15 visible ASCII characters, none of them / : or %");
  }
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return fail_errno(env, "open", errno, "/dev/net/tun");
  if (ioctl(fd, TUNSETIFF, &request) == 0) return value_from_int(env, fd);
  return fail_and_close(env, fd, "ioctl", request.ifr_name);
}

bool tun_register(napi_env env, napi_value exports) {
  const exports_function_t functions[] = {{"openTun", tun_open}};
  return exports_add_functions(env, exports, functions, 1);
}
