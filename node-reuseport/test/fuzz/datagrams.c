// datagrams — target: batches of datagrams received into an arena and replies sent from it, while
// its memory is written to as another process might where the kernel lets it.
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/layout.h"
#include "stand-in.h"
#include "targets.h"

enum { MOST_WAITING = 32, MOST_LENGTH = 400, STEPS = 64 };

static int server, client;
// Replies to any address stay on the loopback interface.
static bool confined;

static void open_pair(void) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof at;
  server = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  client = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  confined = setsockopt(server, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2) == 0;
  MUST(bind(server, (struct sockaddr *)&at, sizeof at) == 0, "there is a loopback interface");
  getsockname(server, (struct sockaddr *)&at, &length);
  MUST(connect(client, (struct sockaddr *)&at, length) == 0, "a client reaches its server");
}

static int drain(int fd) {
  static uint8_t bytes[2048];
  int count = 0;
  while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) >= 0 || errno == ECONNREFUSED) count++;
  return count;
}

typedef struct {
  napi_value arena;
  int32_t stride, payload, ring, cells, replies;
  struct {
    size_t length;
    uint8_t bytes[MOST_LENGTH];
  } waiting[MOST_WAITING];
  int count;
} state_t;

static int32_t number_of(napi_value object, const char *name) {
  return (int32_t)stand_in_value(stand_in_get(object, name));
}

static bool make_arena(napi_value exports, input_t *input, state_t *state) {
  napi_value options = stand_in_object();
  stand_in_set(options, "ring", stand_in_number(1 + input_byte(input) % 8));
  stand_in_set(options, "parked", stand_in_number(input_byte(input) % 4));
  stand_in_set(options, "payload", stand_in_number(64 + input_byte(input)));
  stand_in_set(options, "replies", stand_in_number(1 + input_byte(input) % 8));
  stand_in_set(options, "outbox", stand_in_number(512 + input_byte(input)));
  state->arena = stand_in_new(stand_in_get(exports, "Arena"), 1, &options);
  if (!state->arena) return false;
  state->stride = number_of(state->arena, "stride");
  state->payload = number_of(state->arena, "payload");
  state->ring = number_of(state->arena, "ring");
  state->cells = number_of(state->arena, "cells");
  state->replies = number_of(state->arena, "capacity");
  return true;
}

static void send_one(input_t *input, state_t *state) {
  size_t most = input_word(input) % MOST_LENGTH, length;
  const uint8_t *bytes = input_bytes(input, most, &length);
  if (state->count == MOST_WAITING || send(client, bytes, length, 0) < 0) return;
  if (length > 0) memcpy(state->waiting[state->count].bytes, bytes, length);
  state->waiting[state->count++].length = length;
}

static void check_cell(state_t *state, int i, const uint8_t *memory, uint32_t tag) {
  const uint8_t *cell = memory + (size_t)i * (size_t)state->stride;
  uint32_t words[CELL_USER + 1];
  memcpy(words, cell, sizeof words);
  size_t length = state->waiting[i].length;
  size_t kept = length < (size_t)state->payload ? length : (size_t)state->payload;
  const uint8_t zeros[ZERO_TAIL] = {0};
  MUST(words[CELL_LENGTH] == length && words[CELL_TAG] == tag, "a cell tells of its datagram");
  MUST(words[CELL_ADDRESS_LENGTH] == sizeof(struct sockaddr_in), "it has the address of a client");
  MUST(memcmp(cell + CELL_PAYLOAD, state->waiting[i].bytes, kept) == 0, "it holds its bytes");
  MUST(memcmp(cell + CELL_PAYLOAD + kept, zeros, sizeof zeros) == 0, "there are zeros behind them");
}

// So that equal questions are found by it.
static void check_hashes(const state_t *state, int i, const uint8_t *memory) {
  if (i == 0 || state->waiting[i].length != state->waiting[i - 1].length) return;
  const uint8_t *cell = memory + (size_t)i * (size_t)state->stride, *before = cell - state->stride;
  const size_t length = state->waiting[i].length;
  const size_t kept = length < (size_t)state->payload ? length : (size_t)state->payload;
  if (kept > 2 && memcmp(cell + CELL_PAYLOAD + 2, before + CELL_PAYLOAD + 2, kept - 2) != 0) return;
  MUST(memcmp(cell + CELL_HASH * 4, before + CELL_HASH * 4, 4) == 0, "equal bytes hash alike");
}

static void receive(input_t *input, state_t *state) {
  const uint32_t tag = input_byte(input);
  napi_value arguments[] = {stand_in_number(server), stand_in_number(tag)};
  napi_value result =
      stand_in_call(stand_in_get(state->arena, "receive"), state->arena, 2, arguments);
  size_t size;
  const uint8_t *memory = stand_in_bytes(stand_in_get(state->arena, "memory"), &size);
  MUST(size == (size_t)state->stride * (size_t)state->cells, "all cells are exposed");
  int count = (int)stand_in_value(result);
  int expected = state->count < state->ring ? state->count : state->ring;
  MUST(count == (expected ? expected : -EAGAIN), "what waits is received, as far as there is room");
  if (count <= 0) return;
  for (int i = 0; i < count; i++) {
    check_cell(state, i, memory, tag);
    check_hashes(state, i, memory);
  }
  state->count -= count;
  memmove(state->waiting, state->waiting + count, (size_t)state->count * sizeof *state->waiting);
}

static void scribble(input_t *input, state_t *state) {
  size_t size;
  uint8_t *memory = stand_in_bytes(stand_in_get(state->arena, "memory"), &size);
  size_t at = input_word(input) % size;
  size_t within = at % (size_t)state->stride;
  bool address = within >= CELL_ADDRESS && within < CELL_PAYLOAD;
  uint8_t value = input_byte(input);
  if (confined || !address) memory[at] = value;
}

static void set_reply(input_t *input, state_t *state) {
  size_t size;
  uint8_t *replies = stand_in_bytes(stand_in_get(state->arena, "replies"), &size);
  int32_t record[REPLY_WORDS];
  size_t at = input_byte(input) % (size / sizeof record);
  bool wild = input_byte(input) % 4 == 0;
  for (int i = 0; i < REPLY_WORDS; i++) {
    record[i] = wild ? input_long(input) : input_byte(input) % (i < REPLY_OFFSET ? 4 : 256);
  }
  memcpy(replies + at * sizeof record, record, sizeof record);
}

static void send_replies(input_t *input, state_t *state) {
  napi_value arguments[] = {stand_in_number(server), stand_in_number(input_byte(input) % 12)};
  napi_value result = stand_in_call(stand_in_get(state->arena, "send"), state->arena, 2, arguments);
  if (!result) return;  // a record points outside of its region
  MUST(stand_in_value(result) <= state->replies, "no more is sent than there are replies");
  MUST(drain(client) <= (int)stand_in_value(result) + 1, "no more comes than was sent");
}

void datagrams_run(napi_value exports, input_t *input) {
  static state_t state;
  static bool open;
  if (!open) open_pair();
  open = true;
  drain(server);
  drain(client);
  state.count = 0;
  if (!make_arena(exports, input, &state)) return;
  for (int step = 0; step < STEPS && input_left(input) > 0; step++) {
    const uint8_t what = input_byte(input);
    size_t length;
    const uint8_t *bytes;
    napi_value attached;
    switch (what % 6) {
      case 0:
        send_one(input, &state);
        break;
      case 1:
        receive(input, &state);
        break;
      case 2:
        scribble(input, &state);
        break;
      case 3:
        set_reply(input, &state);
        break;
      case 4:
        bytes = input_bytes(input, input_byte(input), &length);
        attached =
            stand_in_array(what & 64 ? napi_int8_array : napi_uint8_array, length, bytes, length);
        (void)stand_in_call(stand_in_get(state.arena, "attach"), state.arena, 1, &attached);
        break;
      default:
        send_replies(input, &state);
    }
  }
}
