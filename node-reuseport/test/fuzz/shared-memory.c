// shared-memory — target: memory that another process gave, of any size, sealed or not, mapped and
// watched.
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../src/layout.h"
#include "stand-in.h"
#include "targets.h"

enum { MOST_SIZE = 3 * HEADER_PAGE };

static int make_memory(input_t *input, size_t *size, bool *sealed) {
  const uint8_t kind = input_byte(input);
  *size = input_word(input) % MOST_SIZE;
  *sealed = kind & 1;
  int fd = memfd_create("fuzzed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  MUST(fd >= 0 && ftruncate(fd, (off_t)*size) == 0, "there is memory");
  for (size_t left = input_left(input) / 3; left > 0; left--) {
    off_t at = (off_t)input_word(input) % MOST_SIZE;
    const uint8_t byte = input_byte(input);
    if ((size_t)at < *size) (void)!pwrite(fd, &byte, 1, at);
  }
  const int seals = (*sealed ? F_SEAL_SHRINK : 0) | (kind & 2 ? F_SEAL_GROW : 0) |
                    (kind & 4 ? F_SEAL_WRITE : 0) | (kind & 8 ? F_SEAL_SEAL : 0);
  MUST(fcntl(fd, F_ADD_SEALS, seals) == 0, "it can be sealed");
  return fd;
}

static void check_mapping(napi_value mapped, int fd, size_t size) {
  size_t length;
  uint8_t byte, *bytes = stand_in_bytes(mapped, &length);
  MUST(length == size, "all of it is mapped");
  for (size_t at = 0; at < size; at += 61) {
    MUST(pread(fd, &byte, 1, (off_t)at) == 1 && byte == bytes[at], "as its maker wrote it");
    bytes[at] ^= 0xff;
    MUST(pread(fd, &byte, 1, (off_t)at) == 1 && byte != bytes[at], "what is written stays here");
  }
}

void shared_memory_run(napi_value exports, input_t *input) {
  size_t size;
  bool sealed;
  int fd = make_memory(input, &size, &sealed);
  napi_value number = stand_in_number(fd);
  napi_value mapped = stand_in_call(stand_in_get(exports, "mapMemory"), exports, 1, &number);
  MUST((mapped != NULL) == (sealed && size > 0), "only what cannot become less is mapped");
  if (mapped) check_mapping(mapped, fd, size);
  const double word = input_long(input);
  napi_value with[] = {number, stand_in_number(word)};
  napi_value fence = stand_in_new(stand_in_get(exports, "Fence"), 2, with);
  const bool watched = sealed && size >= HEADER_PAGE && word >= HEAD_USER && word < HEADER_WORDS;
  MUST((fence != NULL) == watched, "a fence looks at a word of a header that stays");
  close(fd);
}
