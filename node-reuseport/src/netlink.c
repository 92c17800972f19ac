// netlink — a socket to talk with the kernel about interfaces (NETLINK_ROUTE), rules
// (NETLINK_NETFILTER) and the like.
//
// Messages go through read and write: an unconnected netlink socket writes to the kernel. Its
// answers are in the socket when write returns; it makes up the rest of a long answer while that is
// read.
#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addon.h"
#include "args.h"
#include "exports.h"
#include "fail.h"
#include "value.h"

// openNetlink(protocol, groups): bound to an id of the kernel's choice and to the multicast groups
// of the mask.
static napi_value netlink_open(napi_env env, napi_callback_info info) {
  args_t args;
  int32_t protocol, groups;
  if (!args_read(env, info, &args) || !args_read_int(env, args.at[0], &protocol) ||
      !args_read_int(env, args.at[1], &groups)) {
    return fail_argument(env, "expected (protocol, groups), both integers");
  }
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  if (fd < 0) return fail_errno(env, "socket", errno, NULL);
  struct sockaddr_nl own = {.nl_family = AF_NETLINK, .nl_groups = (uint32_t)groups};
  if (bind(fd, (struct sockaddr *)&own, sizeof own) == 0) return value_from_int(env, fd);
  return fail_and_close(env, fd, "bind", NULL);
}

// netlinkProtocol(fd): of a netlink socket; -errno of what is none.
static napi_value netlink_protocol(napi_env env, napi_callback_info info) {
  int32_t fd;
  int domain, protocol;
  socklen_t length = sizeof domain;
  if (!args_read_fd(env, info, &fd)) return NULL;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0) {
    return value_from_int(env, -errno);
  }
  if (domain != AF_NETLINK) return value_from_int(env, -EAFNOSUPPORT);
  if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) != 0) {
    return value_from_int(env, -errno);
  }
  return value_from_int(env, protocol);
}

bool netlink_register(napi_env env, napi_value exports) {
  const exports_function_t functions[] = {{"openNetlink", netlink_open},
                                          {"netlinkProtocol", netlink_protocol}};
  return exports_add_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
