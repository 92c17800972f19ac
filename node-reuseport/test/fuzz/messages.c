// messages — target: messages with descriptors, as a twin sends them, received into too little
// room, or more than enough.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/channel.h"
#include "stand-in.h"
#include "targets.h"

enum { MOST_WAITING = 8, MOST_DESCRIPTORS = 40, MOST_LENGTH = 600, STEPS = 64 };

typedef struct {
  size_t length, descriptors;
  uint8_t bytes[MOST_LENGTH];
} message_t;

static int ends[2];
static message_t waiting[MOST_WAITING];
static int count;

static void send_one(input_t *input) {
  int shown[MOST_DESCRIPTORS];
  for (int i = 0; i < MOST_DESCRIPTORS; i++) shown[i] = ends[i % 2];
  if (count == MOST_WAITING) return;
  message_t *message = &waiting[count];
  message->descriptors = input_byte(input) % (MOST_DESCRIPTORS + 1);
  size_t most = 1 + input_word(input) % (MOST_LENGTH - 1);
  const uint8_t *bytes = input_bytes(input, most, &message->length);
  if (message->length == 0) return;
  memcpy(message->bytes, bytes, message->length);
  ssize_t sent = channel_send(ends[0], bytes, message->length, shown, message->descriptors);
  if (sent == (ssize_t)message->length) count++;
}

static void receive(napi_value exports, input_t *input) {
  size_t size = input_word(input) % (MOST_LENGTH + 8), room = input_byte(input) % 50;
  napi_value bytes = stand_in_array(napi_uint8_array, size, NULL, 0);
  napi_value descriptors = stand_in_array(napi_int32_array, room, NULL, 0);
  napi_value arguments[] = {stand_in_number(ends[1]), bytes, descriptors};
  napi_value result = stand_in_call(stand_in_get(exports, "receiveMessage"), exports, 3, arguments);
  MUST((result != NULL) == (room > 0), "there must be room for the count");
  if (!result) return;
  int length = (int)stand_in_value(result);
  if (count == 0) {
    MUST(length == -EAGAIN, "nothing is received where nothing waits");
    return;
  }
  message_t message = waiting[0];
  memmove(waiting, waiting + 1, (size_t)--count * sizeof *waiting);
  const bool fits = message.length <= size && message.descriptors + 1 <= room;
  MUST(length == (fits ? (int)message.length : -EMSGSIZE), "a message is received whole or not");
  size_t ignored;
  int32_t *got = (int32_t *)(void *)stand_in_bytes(descriptors, &ignored);
  MUST(!fits || got[0] == (int)message.descriptors, "with all its descriptors");
  MUST(!fits || memcmp(stand_in_bytes(bytes, &ignored), message.bytes, message.length) == 0,
       "and as it was sent");
  for (int i = 1; fits && i <= got[0]; i++) {
    MUST(close(got[i]) == 0, "which are open, each its own");
  }
}

static void look(napi_value exports) {
  napi_value fd = stand_in_number(ends[1]);
  napi_value result = stand_in_call(stand_in_get(exports, "queueHead"), exports, 1, &fd);
  MUST((stand_in_value(result) > 0) == (count > 0), "what waits is seen");
}

void messages_run(napi_value exports, input_t *input) {
  static bool open;
  if (!open) {
    int kind = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;
    MUST(socketpair(AF_UNIX, kind, 0, ends) == 0, "there is a channel");
  }
  open = true;
  for (int step = 0; step < STEPS && input_left(input) > 0; step++) {
    switch (input_byte(input) % 4) {
      case 0:
      case 1:
        send_one(input);
        break;
      case 2:
        receive(exports, input);
        break;
      default:
        look(exports);
    }
  }
  uint8_t byte;
  while (count > 0) {  // descriptors that do not fit go with their message
    MUST(recv(ends[1], &byte, 1, MSG_DONTWAIT) == 1, "what waits can be taken");
    count--;
  }
}
