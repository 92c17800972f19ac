// stand-in — as much of Node-API as the addon asks for, without Node: so its C runs under
// libFuzzer.
#include "stand-in.h"

#include <math.h>
#include <string.h>

#include "../../src/addon.h"
#include "stand-in-values.h"

static napi_value newest, oldest;
bool stand_in_thrown;
static napi_env const env = (napi_env)&stand_in_thrown;

napi_value stand_in_make(kind_t kind) {
  napi_value value = calloc(1, sizeof *value);
  value->kind = kind;
  value->older = newest;
  if (newest) newest->newer = value;
  newest = value;
  if (!oldest) oldest = value;
  return value;
}

void stand_in_end(bool backwards) {
  for (napi_value value = backwards ? newest : oldest; value;
       value = backwards ? value->older : value->newer) {
    for (finalizer_t *last = value->finalizers, *next; last; last = next) {
      next = last->next;
      last->call(env, last->data, last->hint);
      free(last);
    }
    value->finalizers = NULL;
  }
  for (napi_value value = oldest, next; value; value = next) {
    next = value->newer;
    for (property_t *property = value->properties, *behind; property; property = behind) {
      behind = property->next;
      free(property->name);
      free(property);
    }
    if (value->owned) free(value->bytes);
    free(value);
  }
  newest = oldest = NULL;
  stand_in_thrown = false;
}

napi_value stand_in_undefined(void) { return stand_in_make(UNDEFINED); }

napi_value stand_in_number(double number) {
  napi_value value = stand_in_make(NUMBER);
  value->number = number;
  return value;
}

napi_value stand_in_boolean(bool truth) {
  napi_value value = stand_in_make(BOOLEAN);
  value->number = truth;
  return value;
}

static void own(napi_value value, size_t size, const uint8_t *bytes, size_t length) {
  value->bytes = malloc(size ? size : 1);
  value->owned = true;
  value->length = size;
  memset(value->bytes, 0, size);
  if (length > 0) memcpy(value->bytes, bytes, length < size ? length : size);
}

napi_value stand_in_text(const uint8_t *bytes, size_t length) {
  napi_value value = stand_in_make(TEXT);
  own(value, length, bytes, length);
  return value;
}

napi_value stand_in_object(void) { return stand_in_make(OBJECT); }
napi_value stand_in_throwing(void) { return stand_in_make(THROWING); }

size_t stand_in_width(napi_typedarray_type type) {
  switch (type) {
    case napi_int16_array:
    case napi_uint16_array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      return 8;
    default:
      return 1;
  }
}

napi_value stand_in_array(napi_typedarray_type type, size_t elements, const uint8_t *bytes,
                          size_t length) {
  napi_value value = stand_in_make(ARRAY);
  value->type = type;
  value->elements = elements;
  own(value, elements * stand_in_width(type), bytes, length);
  return value;
}

static property_t *find(napi_value object, const char *name) {
  property_t *property = object->properties;
  while (property && strcmp(property->name, name) != 0) property = property->next;
  return property;
}

void stand_in_set(napi_value object, const char *name, napi_value value) {
  property_t *property = find(object, name);
  if (!property) {
    property = calloc(1, sizeof *property);
    property->name = strdup(name);
    property->next = object->properties;
    object->properties = property;
  }
  property->value = value;
}

napi_value stand_in_get(napi_value object, const char *name) {
  property_t *property = find(object, name);
  return property ? property->value : stand_in_undefined();
}

size_t stand_in_count(napi_value object) {
  size_t count = 0;
  for (property_t *property = object->properties; property; property = property->next) count++;
  return count;
}

const char *stand_in_name(napi_value object, size_t index) {
  property_t *property = object->properties;
  while (index-- > 0) property = property->next;
  return property->name;
}

static napi_value call(napi_value function, napi_value self, napi_value class, size_t count,
                       napi_value *arguments) {
  struct napi_callback_info__ info = {self, class, count, arguments, function->data};
  MUST(!stand_in_thrown, "an exception is seen to before the next call");
  napi_value result = function->callback(env, &info);
  if (!stand_in_thrown) return result ? result : stand_in_undefined();
  stand_in_thrown = false;
  MUST(!result, "what throws returns nothing");
  return NULL;
}

napi_value stand_in_call(napi_value function, napi_value self, size_t count,
                         napi_value *arguments) {
  return function->kind == FUNCTION ? call(function, self, NULL, count, arguments) : NULL;
}

napi_value stand_in_new(napi_value class, size_t count, napi_value *arguments) {
  napi_value self = stand_in_object();
  for (property_t *method = class->properties; method; method = method->next) {
    stand_in_set(self, method->name, method->value);
  }
  return call(class, self, class, count, arguments) ? self : NULL;
}

double stand_in_value(napi_value value) {
  return value && value->kind == NUMBER ? value->number : NAN;
}

uint8_t *stand_in_bytes(napi_value value, size_t *size) {
  *size = value->kind == ARRAY ? value->length : 0;
  return value->bytes;
}

napi_value stand_in_exports(void) {
  static napi_value exports;
  if (exports) return exports;
  MUST(!newest, "they are asked for first");
  exports = stand_in_object();
  bool (*parts[])(napi_env, napi_value) = {socket_register,  stream_register,      arena_register,
                                           channel_register, memory_register,      netlink_register,
                                           tun_register,     fence_class_register, numbers_register,
                                           bounded_register, lock_register};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    MUST(parts[i](env, exports), "each part registers itself");
  }
  newest = oldest = NULL;  // they stay
  return exports;
}
