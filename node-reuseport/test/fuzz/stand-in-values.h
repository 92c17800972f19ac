// stand-in-values — what a value of JavaScript is here.
#ifndef NODE_REUSEPORT_STAND_IN_VALUES_H
#define NODE_REUSEPORT_STAND_IN_VALUES_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { UNDEFINED, NUMBER, BOOLEAN, TEXT, OBJECT, THROWING, BUFFER, ARRAY, FUNCTION } kind_t;

typedef struct property {
  char *name;
  napi_value value;
  struct property *next;
} property_t;

typedef struct finalizer {
  napi_finalize call;
  void *data, *hint;
  struct finalizer *next;
} finalizer_t;

struct napi_value__ {
  kind_t kind;
  double number;   // also a boolean
  uint8_t *bytes;  // of a text, a buffer, an array
  size_t length;   // of these, bytes
  bool owned;      // whether they are freed with it
  size_t elements;
  napi_typedarray_type type;
  property_t *properties;  // of a class: its methods
  napi_callback callback;
  void *data;     // of a function
  void *wrapped;  // by an object
  finalizer_t *finalizers;
  napi_value newer, older;
};

struct napi_callback_info__ {
  napi_value self, class;
  size_t count;
  napi_value *arguments;
  void *data;
};

// Whether an exception is on its way.
extern bool stand_in_thrown;

napi_value stand_in_make(kind_t kind);

// Bytes of an element.
size_t stand_in_width(napi_typedarray_type type);

#endif
