// fence — calls on descriptors that another process may take for its own at any moment.
#ifndef NODE_REUSEPORT_FENCE_H
#define NODE_REUSEPORT_FENCE_H

#include <stdint.h>

// Words in which other processes say that they have taken what is ours.
enum { FENCE_PLACES = 6 };

typedef struct fence fence_t;

typedef struct {
  long number, with[6];
} fence_call_t;

// Makes the call unless what the fence guards has been taken: its result, -ESTALE, or -errno. It is
// always made without a fence (NULL).
int32_t fence_call(const fence_t *fence, const fence_call_t *call);

#endif
