// input — an input taken apart, a number or some bytes at a time; where it ends there are zeros.
#ifndef NODE_REUSEPORT_INPUT_H
#define NODE_REUSEPORT_INPUT_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  const uint8_t *at, *end;
} input_t;

static inline size_t input_left(const input_t *input) { return (size_t)(input->end - input->at); }

static inline uint8_t input_byte(input_t *input) {
  return input->at < input->end ? *input->at++ : 0;
}

static inline uint32_t input_word(input_t *input) {
  uint32_t low = input_byte(input);
  return low | (uint32_t)input_byte(input) << 8;
}

static inline int32_t input_long(input_t *input) {
  uint32_t low = input_word(input);
  return (int32_t)(low | input_word(input) << 16);
}

// At most `most` bytes; fewer where the input ends.
static inline const uint8_t *input_bytes(input_t *input, size_t most, size_t *length) {
  const uint8_t *bytes = input->at;
  *length = most < input_left(input) ? most : input_left(input);
  input->at += *length;
  return bytes;
}

#endif
