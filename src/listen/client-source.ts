// client-source — what counts as one client where places are shared out: an address is cheap to change, a network is not.
//
// All of 127.0.0.0/8 is this machine, and a host with IPv6 has a /64 (RFC 4291 section 2.5.4, RFC 6177): each is one source.

const AF_INET = 2;
const AF_INET6 = 10;
const LOOPBACK = 127;

/** Of a sockaddr, as node-reuseport stores it at `offset`. Short, and the same for all addresses of a source. */
export function clientSource(bytes: Uint8Array, offset = 0): string {
  const family = bytes[offset]! | (bytes[offset + 1]! << 8);
  if (family === AF_INET) {
    if (bytes[offset + 4] === LOOPBACK) return '127';
    return bytes.subarray(offset + 4, offset + 8).join('.');
  }
  if (family === AF_INET6) return bytes.subarray(offset + 8, offset + 16).join(':');
  return '';
}

/** Whether that is the sockaddr of a client that came by IPv6. */
export function isIpv6(bytes: Uint8Array, offset = 0): boolean {
  return (bytes[offset]! | (bytes[offset + 1]! << 8)) === AF_INET6;
}
