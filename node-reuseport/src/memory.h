// memory — mappings: large zeroed memory of our own, and what another process shares with us.
#ifndef NODE_REUSEPORT_MEMORY_H
#define NODE_REUSEPORT_MEMORY_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>

// The size of shared memory that never becomes smaller, by its descriptor; false with an error
// thrown for any other.
bool memory_sealed_size(napi_env env, int fd, size_t *size);

// A typed array over `data`, which `finalize(env, data, hint)` frees on this thread: later, or at
// once (NULL returned and an error thrown) when there can be no such array.
napi_value memory_expose(napi_env env, void *data, size_t size, napi_typedarray_type type,
                         size_t elements, napi_finalize finalize, void *hint);

#endif
