// calls — target: every function, method and class with arguments of every kind.
//
// What opens something is not given addresses of other machines, names of devices, or descriptors
// that are not its own.
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/stream.h"
#include "stand-in.h"
#include "targets.h"

enum { MOST_OWN = 24, MOST_ARGUMENTS = 6, STEPS = 40 };

static int own[MOST_OWN];
static int owned;
static napi_value objects[8];
static int made;

static napi_value any_number(input_t *input) {
  static const double odd[] = {-1,   -2,   1 << 20, 1 << 30,     INT32_MAX, INT32_MIN,
                               1e10, -0.5, NAN,     INFINITY,    63,        64,
                               65,   1280, 65536,   4294967296., 28,        4096};
  const uint8_t which = input_byte(input);
  if (which < 128) return stand_in_number(odd[which % (sizeof odd / sizeof *odd)]);
  return stand_in_number(input_word(input) % 2000);
}

static napi_value any_text(input_t *input) {
  static const char *const texts[] = {"127.0.0.1", "::1", "127.0.0.2", "1.2.3.4.5", "::1%lo", "%"};
  const uint8_t which = input_byte(input);
  const char *text = texts[which % (sizeof texts / sizeof *texts)];
  if (which < 160) return stand_in_text((const uint8_t *)text, strlen(text));
  size_t length;
  const uint8_t *bytes = input_bytes(input, which - 150, &length);
  return stand_in_text(bytes, length);
}

static napi_value any_array(input_t *input) {
  const uint8_t kind = input_byte(input);
  size_t elements = kind & 64 ? input_byte(input) : kind % 33, length;
  const uint8_t *bytes = input_bytes(input, kind % 16, &length);
  napi_typedarray_type type = kind & 128  ? napi_uint8_array
                              : kind & 32 ? napi_int32_array
                                          : (napi_typedarray_type)(kind % 11);
  return stand_in_array(type, elements, bytes, length);
}

static napi_value descriptor(input_t *input) {
  const uint8_t which = input_byte(input);
  if (owned == 0 || which % 16 == 0) return stand_in_number(which & 16 ? -1 : 1 << 30);
  return stand_in_number(own[which % owned]);
}

static napi_value any_value(input_t *input);

static napi_value any_options(input_t *input) {
  static const char *const names[] = {"reusePort",  "freeBind", "ipv6Only", "receiveBuffer",
                                      "sendBuffer", "backlog",  "ring",     "parked",
                                      "payload",    "replies",  "outbox",   "records"};
  napi_value options = stand_in_object();
  stand_in_set(options, "address", any_text(input));
  stand_in_set(options, "port", stand_in_number(0));
  for (int count = input_byte(input) % 4; count > 0; count--) {
    const char *name = names[input_byte(input) % (sizeof names / sizeof *names)];
    stand_in_set(options, name, any_value(input));
  }
  return options;
}

static napi_value any_value(input_t *input) {
  const uint8_t kind = input_byte(input);
  switch (kind % 12) {
    case 0:
      return stand_in_undefined();
    case 1:
      return stand_in_boolean(kind & 16);
    case 2:
      return any_text(input);
    case 3:
    case 4:
    case 5:
      return any_array(input);
    case 6:
      return kind & 16 ? stand_in_object() : stand_in_throwing();
    case 7:
      return descriptor(input);
    default:
      return any_number(input);
  }
}

// Never a small number that may be a descriptor of the process.
static napi_value first_value(input_t *input) {
  switch (input_byte(input) % 8) {
    case 0:
      return any_options(input);
    case 1:
      return any_array(input);
    case 2:
      return any_text(input);
    case 3:
      return stand_in_number(-1 - (double)input_byte(input));
    case 4:
      return stand_in_throwing();
    default:
      return descriptor(input);
  }
}

static bool is_opening(const char *name) {
  static const char *const openings[] = {"bindUdp",       "listenTcp",      "accept",
                                         "listenChannel", "connectChannel", "openNetlink"};
  for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
    if (strcmp(name, openings[i]) == 0) return true;
  }
  return false;
}

static void keep_descriptor(const char *name, napi_value result) {
  const double number = stand_in_value(result);
  if (!(number >= 0)) return;
  const int fd = (int)number & ~UNTOLD;
  // To the kernel itself nothing is written.
  if (owned == MOST_OWN || strcmp(name, "openNetlink") == 0)
    close(fd);
  else
    own[owned++] = fd;
}

static void forget(int fd) {
  for (int i = 0; i < owned; i++) {
    if (own[i] == fd) own[i--] = own[--owned];
  }
}

// Those that a message brought are beside it.
static void close_received(napi_value result, napi_value array) {
  size_t size;
  if (!(stand_in_value(result) > 0)) return;
  const int32_t *descriptors = (const int32_t *)(void *)stand_in_bytes(array, &size);
  for (int32_t i = 1; i <= descriptors[0]; i++) close(descriptors[i]);
}

static void call_one(napi_value exports, input_t *input) {
  napi_value self = made > 0 && input_byte(input) % 2 ? objects[input_byte(input) % made] : exports;
  const char *name = stand_in_name(self, input_byte(input) % stand_in_count(self));
  static const char *const left_out[] = {"openTun", "connectUdp", "connectTcp", "markCrashes"};
  for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) {
    if (strcmp(name, left_out[i]) == 0) return;
  }
  napi_value arguments[MOST_ARGUMENTS], target = stand_in_get(self, name);
  const size_t count = 1 + input_byte(input) % (MOST_ARGUMENTS - 1);
  arguments[0] = first_value(input);
  for (size_t i = 1; i < count; i++) arguments[i] = any_value(input);
  // The channel that connections are told to.
  if (strcmp(name, "accept") == 0 && count > 2) arguments[2] = descriptor(input);
  if (strcmp(name, "openNetlink") == 0) arguments[0] = stand_in_number(0);
  const bool class = self == exports && name[0] >= 'A' && name[0] <= 'Z' && name[1] >= 'a';
  if (class) {
    napi_value object = stand_in_new(target, count, arguments);
    if (object && made < (int)(sizeof objects / sizeof *objects)) objects[made++] = object;
    return;
  }
  const double number = stand_in_value(arguments[0]);
  const int closed = strcmp(name, "close") == 0 && number >= 0 ? (int)number : -1;
  napi_value result = stand_in_call(target, self, count, arguments);
  if (closed >= 0 && result) forget(closed);
  if (result && self == exports && is_opening(name)) keep_descriptor(name, result);
  if (result && strcmp(name, "receiveMessage") == 0) close_received(result, arguments[2]);
}

void calls_run(napi_value exports, input_t *input) {
  made = 0;
  owned = 2;
  int kind = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;
  MUST(socketpair(AF_UNIX, kind, 0, own) == 0, "there is a channel");
  for (int step = 0; step < STEPS && input_left(input) > 0; step++) call_one(exports, input);
  while (owned > 0) close(own[--owned]);
}
