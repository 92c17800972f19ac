// address — IP addresses between JavaScript strings and struct sockaddr.
#ifndef NODE_REUSEPORT_ADDRESS_H
#define NODE_REUSEPORT_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

typedef union {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} address_t;

// Bytes of a sockaddr as it is stored for JavaScript.
enum { ADDRESS_BYTES = sizeof(address_t) };

// Room for an address with its scope, "[…]:65535" around it and the NUL.
#define ADDRESS_TEXT 80

// False when `text` is no IPv4 or IPv6 address; a "%scope" suffix is understood. Length 0 then.
bool address_parse(const char *text, int port, address_t *out, socklen_t *length);

// Writes the address without its port into `text`, a link-local one with its "%scope"; false for
// other families. `port` may be NULL.
bool address_format(const address_t *from, char *text, size_t size, int *port);

#endif
