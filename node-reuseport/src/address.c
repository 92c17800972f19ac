// address — IP addresses between JavaScript strings and struct sockaddr.
#include "address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Callers read the port, and set it, before they ask for the family.
_Static_assert(offsetof(struct sockaddr_in, sin_port) == offsetof(struct sockaddr_in6, sin6_port),
               "the port is in the same place");

// An interface by name or number; 0 when it is neither.
static unsigned scope_index(const char *scope) {
  unsigned index = if_nametoindex(scope);
  if (index || *scope < '0' || *scope > '9') return index;
  char *end;
  unsigned long number = strtoul(scope, &end, 10);
  return *end || number > INT32_MAX ? 0 : (unsigned)number;
}

bool address_parse(const char *text, int port, address_t *out, socklen_t *length) {
  memset(out, 0, sizeof *out);
  *length = 0;
  if (port < 0 || port > 65535) return false;
  if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons((uint16_t)port);
    *length = sizeof out->v4;
    return true;
  }
  char bare[INET6_ADDRSTRLEN];
  const char *scope = strchr(text, '%');
  size_t bare_length = scope ? (size_t)(scope - text) : strlen(text);
  if (bare_length >= sizeof bare) return false;
  memcpy(bare, text, bare_length);
  bare[bare_length] = 0;
  if (inet_pton(AF_INET6, bare, &out->v6.sin6_addr) != 1) return false;
  if (scope) {
    out->v6.sin6_scope_id = scope_index(scope + 1);
    if (!out->v6.sin6_scope_id) return false;
  }
  out->v6.sin6_family = AF_INET6;
  out->v6.sin6_port = htons((uint16_t)port);
  *length = sizeof out->v6;
  return true;
}

bool address_format(const address_t *from, char *text, size_t size, int *port) {
  if (from->any.sa_family == AF_INET) {
    if (port) *port = ntohs(from->v4.sin_port);
    return inet_ntop(AF_INET, &from->v4.sin_addr, text, (socklen_t)size) != NULL;
  }
  if (from->any.sa_family == AF_INET6) {
    if (port) *port = ntohs(from->v6.sin6_port);
    if (!inet_ntop(AF_INET6, &from->v6.sin6_addr, text, (socklen_t)size)) return false;
    // A link-local address means nothing without its interface.
    if (from->v6.sin6_scope_id && IN6_IS_ADDR_LINKLOCAL(&from->v6.sin6_addr)) {
      size_t used = strlen(text);
      char name[IF_NAMESIZE];
      if (if_indextoname(from->v6.sin6_scope_id, name)) {
        snprintf(text + used, size - used, "%%%s", name);
      } else {
        snprintf(text + used, size - used, "%%%u", from->v6.sin6_scope_id);
      }
    }
    return true;
  }
  return false;
}
