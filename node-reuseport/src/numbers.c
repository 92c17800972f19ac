// numbers — those that JavaScript shares with C: it takes them from here, so none is written twice.
#include <errno.h>
#include <sys/epoll.h>

#include "addon.h"
#include "address.h"
#include "exports.h"
#include "fence.h"
#include "layout.h"
#include "stream.h"

#define NUMBER(name) \
  { #name, name }

bool numbers_register(napi_env env, napi_value exports) {
  const exports_number_t numbers[] = {
      NUMBER(ADDRESS_BYTES),
      NUMBER(UNTOLD),
      NUMBER(FENCE_PLACES),
      // Arenas
      NUMBER(ARENA_MAGIC),
      NUMBER(ARENA_VERSION),
      NUMBER(HEAD_MAGIC),
      NUMBER(HEAD_VERSION),
      NUMBER(HEAD_RING),
      NUMBER(HEAD_CELLS),
      NUMBER(HEAD_PAYLOAD),
      NUMBER(HEAD_STRIDE),
      NUMBER(HEAD_LENGTHS),
      NUMBER(HEAD_LENGTH_STRIDE),
      NUMBER(HEAD_FIRST_CELL),
      NUMBER(HEAD_TAG),
      NUMBER(HEAD_RECORDS),
      NUMBER(HEAD_RECORDS_SIZE),
      NUMBER(HEAD_USER),
      NUMBER(CELL_LENGTH),
      NUMBER(CELL_HASH),
      NUMBER(CELL_STATE),
      NUMBER(CELL_TAG),
      NUMBER(CELL_ADDRESS_LENGTH),
      NUMBER(CELL_USER),

      NUMBER(CELL_ADDRESS),
      NUMBER(CELL_PAYLOAD),
      NUMBER(ZERO_TAIL),
      NUMBER(REPLY_WORDS),
      NUMBER(REGION_OUTBOX),
      NUMBER(REGION_ATTACHED),
      // Flags of a Poller are epoll's.
      {"READABLE", EPOLLIN},
      {"WRITABLE", EPOLLOUT},
      {"ERROR", EPOLLERR},
      {"HANGUP", EPOLLHUP},
      {"READ_HANGUP", EPOLLRDHUP},
      {"ONESHOT", EPOLLONESHOT},
      // What read, write, accept and receive return in ordinary operation, negated.
      NUMBER(EAGAIN),
      NUMBER(EPIPE),
      NUMBER(EMSGSIZE),
      NUMBER(EMFILE),
      NUMBER(ENFILE),
      NUMBER(ECONNRESET),
      NUMBER(ECONNREFUSED),
      NUMBER(ESTALE),
  };
  return exports_add_numbers(env, exports, numbers, sizeof numbers / sizeof *numbers);
}
