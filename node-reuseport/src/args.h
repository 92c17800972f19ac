// args — the arguments of a call from JavaScript, checked.
#ifndef NODE_REUSEPORT_ARGS_H
#define NODE_REUSEPORT_ARGS_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

// The arguments of a call, at most eight; missing ones are undefined.
typedef struct {
  napi_value at[8];
  napi_value self;
  void *data;  // what the function was made with
} args_t;

// False with an error thrown, as all of these unless it is said otherwise.
bool args_read(napi_env env, napi_callback_info info, args_t *out);

// False with a TypeError thrown in a class constructor called without `new`, where `this` may be
// anything, even an object that wraps another type.
bool args_check_new(napi_env env, napi_callback_info info);

// An int32 argument; false (nothing thrown) when it is no number, no integer or out of range.
bool args_read_int(napi_env env, napi_value value, int32_t *out);

// The only argument of a function that wants a descriptor; false with a TypeError thrown when it is
// no integer.
bool args_read_fd(napi_env env, napi_callback_info info, int32_t *fd);

// The bytes of a Uint8Array argument from `offset` for `length`; NULL with a TypeError thrown when
// out of bounds.
uint8_t *args_read_bytes(napi_env env, napi_value array, int32_t offset, int32_t length);

// A property of an options object; false with its getter's exception pending.
bool args_read_option(napi_env env, napi_value options, const char *name, napi_value *out,
                      bool *given);

// An integer, or true and false, among options, left alone when not given; false with an exception
// pending.
bool args_read_int_option(napi_env env, napi_value options, const char *name, int32_t low,
                          int32_t high, int32_t *out);
bool args_read_bool_option(napi_env env, napi_value options, const char *name, bool *out);

#endif
