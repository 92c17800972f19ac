// streams — target: a TCP connection written, read, looked at and skipped in any pieces, through a
// fence that is shut now and then.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/fence.h"
#include "../../src/layout.h"
#include "stand-in.h"
#include "targets.h"

enum { MOST = 1024, STEPS = 64, OUR_WORD = HEAD_USER, THEIR_WORD = HEAD_USER + 1 };

static int client, server;
// Positions in the stream; byte n of it is (n * 7) % 251.
static uint64_t written, taken;

static uint8_t byte_at(uint64_t position) { return (uint8_t)(position * 7 % 251); }

static void open_connection(void) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof at;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  MUST(bind(listener, (struct sockaddr *)&at, sizeof at) == 0, "there is a loopback interface");
  MUST(listen(listener, 1) == 0, "and it can be listened on");
  getsockname(listener, (struct sockaddr *)&at, &length);
  client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  MUST(connect(client, (struct sockaddr *)&at, length) == 0, "a client reaches its server");
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  close(listener);
}

// The function itself, or that of a fence.
typedef struct {
  napi_value of;
  bool shut;
} way_t;

static double call(const way_t *way, const char *name, size_t count, napi_value *arguments) {
  napi_value result = stand_in_call(stand_in_get(way->of, name), way->of, count, arguments);
  return stand_in_value(result);
}

static void write_some(const way_t *way, input_t *input) {
  uint8_t bytes[MOST];
  size_t size = input_word(input) % MOST;
  int32_t offset = input_word(input) % MOST, length = input_word(input) % MOST;
  bool inside = (size_t)offset + (size_t)length <= size;
  for (size_t i = 0; i < size; i++) bytes[i] = byte_at(written + i - (size_t)offset);
  napi_value arguments[] = {stand_in_number(client),
                            stand_in_array(napi_uint8_array, size, bytes, size),
                            stand_in_number(offset), stand_in_number(length)};
  double result = call(way, "write", 4, arguments);
  MUST((result == result) == inside, "only what lies in the buffer is written");
  if (!inside) return;
  MUST(!way->shut || result == -ESTALE, "nothing is written behind a fence that is shut");
  MUST(way->shut || (result >= 0 && result <= length) || result == -EAGAIN, "it is written");
  if (result > 0) written += (uint64_t)result;
}

static void read_some(napi_value exports, input_t *input, bool peek) {
  size_t size = input_word(input) % MOST, ignored;
  int32_t offset = input_word(input) % MOST, length = input_word(input) % MOST;
  bool inside = (size_t)offset + (size_t)length <= size;
  napi_value buffer = stand_in_array(napi_uint8_array, size, NULL, 0);
  napi_value arguments[] = {stand_in_number(server), buffer, stand_in_number(offset),
                            stand_in_number(length)};
  double result = call(&(way_t){exports, false}, peek ? "peek" : "read", 4, arguments);
  MUST((result == result) == inside, "only into the buffer is read");
  if (!inside || result <= 0) return;
  MUST(result <= length && (uint64_t)result <= written - taken, "no more comes than was written");
  const uint8_t *bytes = stand_in_bytes(buffer, &ignored);
  for (int i = 0; i < (int)result; i++) {
    MUST(bytes[offset + i] == byte_at(taken + (uint64_t)i), "it comes in its order");
  }
  if (!peek) taken += (uint64_t)result;
}

static void discard_some(const way_t *way, input_t *input) {
  napi_value arguments[] = {stand_in_number(server), stand_in_number(input_word(input) % MOST)};
  double result = call(way, "discard", 2, arguments);
  MUST(!way->shut || result == -ESTALE, "nothing is skipped behind a fence that is shut");
  if (result > 0) taken += (uint64_t)result;
  MUST(taken <= written, "no more is skipped than was written");
}

static napi_value make_arena(napi_value exports) {
  napi_value options = stand_in_object();
  stand_in_set(options, "ring", stand_in_number(1));
  stand_in_set(options, "payload", stand_in_number(64));
  stand_in_set(options, "outbox", stand_in_number(512));
  return stand_in_new(stand_in_get(exports, "Arena"), 1, &options);
}

static int32_t *header_of(napi_value arena) {
  size_t size;
  return (int32_t *)(void *)stand_in_bytes(stand_in_get(arena, "header"), &size);
}

void streams_run(napi_value exports, input_t *input) {
  static bool open;
  if (!open) open_connection();
  open = true;
  uint8_t rest[4096];
  for (ssize_t got; (got = recv(server, rest, sizeof rest, MSG_DONTWAIT)) > 0;) {
    taken += (uint64_t)got;
  }
  // What the kernel is still on its way with is waited for, or the next input would see it.
  while (taken < written) taken += (uint64_t)recv(server, rest, sizeof rest, 0);
  napi_value ours = make_arena(exports), theirs = make_arena(exports);
  napi_value with[] = {stand_in_get(ours, "fd"), stand_in_number(OUR_WORD)};
  header_of(ours)[OUR_WORD] = 7;
  way_t fence = {stand_in_new(stand_in_get(exports, "Fence"), 2, with), false};
  MUST(fence.of != NULL, "there is a fence");
  const way_t plain = {exports, false};
  bool watched[FENCE_PLACES] = {false};
  for (int step = 0; step < STEPS && input_left(input) > 0; step++) {
    const uint8_t what = input_byte(input);
    const way_t *way = what & 128 ? &fence : &plain;
    const int place = what / 8 % FENCE_PLACES;
    switch (what % 8) {
      case 0:
      case 1:
        write_some(way, input);
        break;
      case 2:
        read_some(exports, input, false);
        break;
      case 3:
        read_some(exports, input, true);
        break;
      case 4:
        discard_some(way, input);
        break;
      case 5: {
        napi_value low[] = {stand_in_number(server), stand_in_number(input_word(input))};
        (void)call(way, "wakeAt", 2, low);
        low[1] = stand_in_number(1);
        (void)call(&plain, "wakeAt", 2, low);
        break;
      }
      case 6: {
        watched[place] = what & 64;
        napi_value look[] = {stand_in_number(place),
                             what & 64 ? stand_in_get(theirs, "fd") : stand_in_number(-1),
                             stand_in_number(THEIR_WORD)};
        (void)call(&fence, "watch", 3, look);
        break;
      }
      default:
        header_of(theirs)[THEIR_WORD] = input_byte(input) % 8;
    }
    fence.shut = false;
    for (int i = 0; i < FENCE_PLACES; i++) {
      if (watched[i] && header_of(theirs)[THEIR_WORD] == 7) fence.shut = true;
    }
  }
}
