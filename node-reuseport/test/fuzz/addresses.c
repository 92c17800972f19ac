// addresses — target: addresses as text and as the kernel has them, one made of the other.
#include <string.h>

#include "../../src/address.h"
#include "stand-in.h"
#include "targets.h"

static void from_text(input_t *input) {
  size_t length;
  const int port = (int)input_long(input);
  const uint8_t *bytes = input_bytes(input, 200, &length);
  char *text = malloc(length + 1), again[ADDRESS_TEXT];
  if (length > 0) memcpy(text, bytes, length);
  text[length] = 0;
  address_t address, same;
  socklen_t size, same_size;
  int told = -1;
  if (address_parse(text, port, &address, &size)) {
    MUST(address_format(&address, again, sizeof again, &told), "what was read can be written");
    MUST(told == port, "with its port");
    // A scope that is none of a link-local address is not written.
    if (address.any.sa_family == AF_INET6) {
      address.v6.sin6_scope_id = strchr(again, '%') ? address.v6.sin6_scope_id : 0;
    }
    MUST(address_parse(again, port, &same, &same_size), "and read again");
    MUST(size == same_size && memcmp(&address, &same, size) == 0, "and is the same");
  } else {
    MUST(size == 0, "what is no address has no length");
  }
  free(text);
}

void addresses_run(napi_value exports, input_t *input) {
  if (input_byte(input) % 2) {
    from_text(input);
    return;
  }
  const int offset = input_byte(input) % 40 - 2;
  size_t length;
  const uint8_t *bytes = input_bytes(input, 64, &length);
  napi_value with[] = {stand_in_array(napi_uint8_array, length, bytes, length),
                       stand_in_number(offset)};
  napi_value result = stand_in_call(stand_in_get(exports, "formatAddress"), exports, 2, with);
  const bool inside = offset >= 0 && (size_t)offset + ADDRESS_BYTES <= length;
  MUST(!result || inside, "only what lies in the buffer is read");
  if (result) MUST(stand_in_value(stand_in_get(result, "port")) <= 65535, "a port is one");
}
