// address — IP addresses between JavaScript strings and struct sockaddr.
#ifndef NODE_REUSEPORT_ADDRESS_H
#define NODE_REUSEPORT_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

// Room for an address with its scope, "[…]:65535" around it and the NUL.
#define ADDRESS_TEXT 80

// False when `text` is no IPv4 or IPv6 address (a "%scope" suffix is understood). Length 0 on
// failure.
bool address_parse(const char *text, int port, union address *out, socklen_t *length);

// Writes the address without its port into `text`, a link-local one with its "%scope"; false for
// other families. `port` may be NULL.
bool address_format(const union address *from, char *text, size_t size, int *port);

#endif
