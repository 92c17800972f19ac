// stand-in — as much of Node-API as the addon asks for, without Node: so its C runs under
// libFuzzer.
//
// Values live until the end of an input; then all are finalized, in one order or the other. Bytes
// have exactly the size they say, so that AddressSanitizer sees each one too many.
#ifndef NODE_REUSEPORT_STAND_IN_H
#define NODE_REUSEPORT_STAND_IN_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define MUST(condition, sentence)                             \
  do {                                                        \
    if (!(condition)) {                                       \
      fprintf(stderr, "must: %s (%s)\n", sentence, __func__); \
      abort();                                                \
    }                                                         \
  } while (0)

// All that the addon exports but the poller, which needs Node's event loop. To be asked for before
// anything else is made; the same each time.
napi_value stand_in_exports(void);

// Finalizes what was made since the last time, the newest first if told so.
void stand_in_end(bool backwards);

napi_value stand_in_undefined(void);
napi_value stand_in_number(double number);
napi_value stand_in_boolean(bool truth);
napi_value stand_in_text(const uint8_t *bytes, size_t length);
napi_value stand_in_object(void);
// An object whose properties cannot be read without an exception.
napi_value stand_in_throwing(void);
// An array of `elements`, with a copy of at most `length` of these bytes in it.
napi_value stand_in_array(napi_typedarray_type type, size_t elements, const uint8_t *bytes,
                          size_t length);

void stand_in_set(napi_value object, const char *name, napi_value value);
napi_value stand_in_get(napi_value object, const char *name);
// How many properties there are, and the name of one of them.
size_t stand_in_count(napi_value object);
const char *stand_in_name(napi_value object, size_t index);

// NULL when it threw, which is forgotten then.
napi_value stand_in_call(napi_value function, napi_value self, size_t count, napi_value *arguments);
napi_value stand_in_new(napi_value class, size_t count, napi_value *arguments);

// Of a result that is a number; NAN for any other.
double stand_in_value(napi_value value);
// Of a result that is an array.
uint8_t *stand_in_bytes(napi_value value, size_t *size);

#endif
