// harness — what libFuzzer calls: an input for the target that FUZZ_TARGET names.
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "stand-in.h"
#include "targets.h"

static const struct {
  const char *name;
  void (*run)(napi_value exports, input_t *input);
} targets[] = {{"c-datagrams", datagrams_run}, {"c-messages", messages_run},
               {"c-streams", streams_run},     {"c-shared-memory", shared_memory_run},
               {"c-addresses", addresses_run}, {"c-calls", calls_run}};

static size_t chosen;

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerInitialize(int *count, char ***arguments) {
  (void)count, (void)arguments;
  const char *name = getenv("FUZZ_TARGET");
  for (chosen = 0; chosen < sizeof targets / sizeof *targets; chosen++) {
    if (name && strcmp(targets[chosen].name, name) == 0) return 0;
  }
  fprintf(stderr, "FUZZ_TARGET names no target\n");
  exit(2);
}

static int lowest_free(void) {
  int fd = fcntl(0, F_DUPFD, 0);
  close(fd);
  return fd;
}

static void run(const uint8_t *bytes, size_t size) {
  input_t input = {bytes, bytes + size};
  targets[chosen].run(stand_in_exports(), &input);
  stand_in_end(size % 2 == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  static bool warm;
  if (!warm) run(bytes, 0);  // what is opened once and kept is opened now
  warm = true;
  const int before = lowest_free();
  run(bytes, size);
  MUST(lowest_free() == before, "all descriptors are closed again");
  return 0;
}
