// channel — messages with descriptors between processes of one network namespace.
#ifndef NODE_REUSEPORT_CHANNEL_H
#define NODE_REUSEPORT_CHANNEL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Sends one message with duplicates of descriptors (at most 253): its length, or -errno.
ssize_t channel_send(int fd, const uint8_t *bytes, size_t length, const int *descriptors,
                     size_t count);

#endif
