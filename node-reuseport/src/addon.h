// addon — what the parts of the addon register with the module.
#ifndef NODE_REUSEPORT_ADDON_H
#define NODE_REUSEPORT_ADDON_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

napi_status socket_register(napi_env env, napi_value exports);
napi_status stream_register(napi_env env, napi_value exports);
napi_status arena_register(napi_env env, napi_value exports);
napi_status poller_register(napi_env env, napi_value exports);
napi_status channel_register(napi_env env, napi_value exports);
napi_status memory_register(napi_env env, napi_value exports);
napi_status netlink_register(napi_env env, napi_value exports);
napi_status tun_register(napi_env env, napi_value exports);
napi_status fence_register(napi_env env, napi_value exports);

// Sends one message with duplicates of descriptors (at most 253) over a unix socket: its length, or
// -errno.
ssize_t send_descriptors(int fd, const uint8_t *bytes, size_t length, const int *descriptors,
                         size_t count);

typedef struct {
  long number, with[6];
} system_call;

// Makes the call unless what the fence guards has been taken: its result, -ESTALE, or -errno.
// Without a fence it is made.
int32_t call_fenced(const void *fence, const system_call *call);

// Of stream.c: functions of the module, and methods of a Fence.
napi_value write_some(napi_env env, napi_callback_info info);
napi_value discard_some(napi_env env, napi_callback_info info);
napi_value wake_at(napi_env env, napi_callback_info info);
napi_value shutdown_fd(napi_env env, napi_callback_info info);

// The size of shared memory that never becomes smaller, by its descriptor; false with an error
// thrown for any other.
bool sealed_size(napi_env env, int fd, size_t *size);

// Adds `callback` to `exports` under `name`; all of a table.
napi_status export_function(napi_env env, napi_value exports, const char *name,
                            napi_callback callback);
typedef struct {
  const char *name;
  napi_callback callback;
} named_function;
napi_status export_functions(napi_env env, napi_value exports, const named_function *functions,
                             size_t count);

// The arguments of a call, at most eight; missing ones are undefined.
typedef struct {
  napi_value at[8];
  napi_value self;
  void *data;  // what the function was made with
} arguments;
bool arguments_read(napi_env env, napi_callback_info info, arguments *out);

// A method that is called with `data`: asking `this` for what it wraps would cost each batch as
// much as hashing it. It counts among the holders of that until `finalize(env, data, data)`.
bool bind_method(napi_env env, napi_value self, const char *name, napi_callback callback,
                 void *data, int *holders, napi_finalize finalize);

// An int32 argument; false (nothing thrown) when it is no number, no integer or out of range.
bool read_int(napi_env env, napi_value value, int32_t *out);

// The only argument of a function that wants a descriptor; false with a TypeError thrown when it is
// no integer.
bool read_fd(napi_env env, napi_callback_info info, int32_t *fd);

// The bytes of a Uint8Array argument from `offset` for `length`; NULL with a TypeError thrown when
// out of bounds.
uint8_t *read_bytes(napi_env env, napi_value array, int32_t offset, int32_t length);

// A property of an options object; false with its getter's exception pending.
bool read_option(napi_env env, napi_value options, const char *name, napi_value *out, bool *given);

// An integer among options, left alone when not given; false with an exception pending.
bool read_int_option(napi_env env, napi_value options, const char *name, int32_t low, int32_t high,
                     int32_t *out);

// False with a TypeError thrown in a class constructor called without `new`, where `this` may be
// anything, even an object that wraps another type.
bool constructing(napi_env env, napi_callback_info info);

// A typed array over `data`, which `finalize(env, data, hint)` frees on this thread: later, or at
// once (NULL returned and an error thrown) when there can be no such array.
napi_value expose_memory(napi_env env, void *data, size_t size, napi_typedarray_type type,
                         size_t elements, napi_finalize finalize, void *hint);

napi_value make_int(napi_env env, int32_t value);

#endif
