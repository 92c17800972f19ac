// layout — what lies where in the memory of an arena, for the files that work on it.
//
//   memfd:  | header page | vector: a mmsghdr for each ring cell | ring | parked | records |
//   cell:   | length hash state tag address-length user sockaddr (64 bytes) | payload | zeros |
//
// The zeros are ZERO_TAIL at least and go up to a multiple of 64 bytes. A process that was given
// the memfd reads all of it, but of the vector only the lengths: pointers mean something in their
// own process alone. Neither of the two trusts what the other may have written.
#ifndef NODE_REUSEPORT_LAYOUT_H
#define NODE_REUSEPORT_LAYOUT_H

#include <assert.h>
#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "address.h"

// The words of a cell's header, of 32 bits in host order. STATE and USER belong to the user.
enum { CELL_LENGTH, CELL_HASH, CELL_STATE, CELL_TAG, CELL_ADDRESS_LENGTH, CELL_USER };

// Bytes into a cell at which its sender's sockaddr and its datagram begin. After what is kept of
// the datagram that many bytes are always zero, so that callers may compare whole words.
enum { CELL_ADDRESS = 24, CELL_PAYLOAD = 64, ZERO_TAIL = 8 };
_Static_assert((CELL_USER + 1) * sizeof(uint32_t) <= CELL_ADDRESS, "words end before the address");
_Static_assert(CELL_ADDRESS + ADDRESS_BYTES <= CELL_PAYLOAD, "the address ends before the payload");

// Words of the key that datagrams are hashed with.
enum { HASH_WORDS = 4 };

// The words of a reply record: to the sender in that cell, from that region.
enum { REPLY_CELL, REPLY_REGION, REPLY_OFFSET, REPLY_LENGTH, REPLY_WORDS };
enum { REGION_OUTBOX, REGION_ATTACHED };

// The words of the header page. Those of HEAD_USER and beyond belong to the user.
enum {
  HEAD_MAGIC,
  HEAD_VERSION,
  HEAD_RING,
  HEAD_CELLS,
  HEAD_PAYLOAD,
  HEAD_STRIDE,
  HEAD_LENGTHS,
  HEAD_LENGTH_STRIDE,
  HEAD_FIRST_CELL,
  HEAD_TAG,
  HEAD_RECORDS,
  HEAD_RECORDS_SIZE,
  HEAD_USER = 64
};
enum { HEADER_PAGE = 4096, HEADER_WORDS = HEADER_PAGE / 4 };
enum { ARENA_MAGIC = 0x616e6572, ARENA_VERSION = 2 };
_Static_assert(HEAD_RECORDS_SIZE < HEAD_USER, "words of ours end before the user's");

// Bytes of cells and records at most, so that a mapping of them stays below 2 GiB.
enum { MOST_MEMORY = INT32_MAX - (1 << 20) };

typedef struct {
  int holders;  // the wrapper, the array buffers and the bound methods; the last one frees
  int fd;
  uint8_t *memory, *cells_memory, *records;
  size_t memory_size;
  int32_t ring, cells, payload, stride, records_size;
  uint64_t key[HASH_WORDS];  // of the hashes of datagrams
  struct mmsghdr *received;
  int32_t marked;  // entries of the vector that the last receive wrote to
  bool exclusive;  // no other process can map the memory for writing
  struct iovec *received_into;
  int32_t capacity;  // replies in one send
  struct mmsghdr *sent;
  struct iovec *sent_from;
  int32_t *replies;
  uint8_t *outbox;
  int32_t outbox_size;
  uint8_t *staging;  // attached bytes with the first two replaced; payload bytes a reply
  int32_t staging_each;
  napi_ref attached_ref;
  const uint8_t *attached;  // valid during a send
  int32_t attached_size;
} arena_t;

// What is done for each datagram is checked in builds with sanitizers only: everywhere else it
// would be work for each datagram.
#ifdef ASSERT_DATAGRAMS
#define ASSERT_DATAGRAM(condition) assert(condition)
#else
#define ASSERT_DATAGRAM(condition) ((void)0)
#endif

static inline uint8_t *layout_cell_at(const arena_t *arena, int32_t index) {
  ASSERT_DATAGRAM(index >= 0 && index < arena->cells);
  return arena->cells_memory + (size_t)index * (size_t)arena->stride;
}

#endif
