// client-source — what counts as one client where places are shared out: an address is cheap to change, a network is not.
//
// All of 127.0.0.0/8 is this machine, and a host with IPv6 has a /64 (RFC 4291 section 2.5.4, RFC 6177): each is one source.

const AF_INET = 2;
const AF_INET6 = 10;
const LOOPBACK = 127;

/** Of a sockaddr, as node-reuseport stores it at `offset`. Short, and the same for all addresses of a source. */
export function clientSource(bytes: Uint8Array, offset = 0): string {
  const family = bytes[offset]! | (bytes[offset + 1]! << 8);
  if (family === AF_INET) return v4Source(bytes, offset + 4);
  if (family !== AF_INET6) return '';
  // IPv4 at a socket of both families comes as ::ffff:0:0/96 (RFC 4291 section 2.5.5.2), with ten zeros in front.
  const isMapped =
    bytes[offset + 18] === 0xff &&
    bytes[offset + 19] === 0xff &&
    bytes.subarray(offset + 8, offset + 18).every((byte) => byte === 0);
  return isMapped ? v4Source(bytes, offset + 20) : bytes.subarray(offset + 8, offset + 16).join(':');
}

/** Whether that is the sockaddr of a client that came by IPv6. */
export function isIpv6(bytes: Uint8Array, offset = 0): boolean {
  return (bytes[offset]! | (bytes[offset + 1]! << 8)) === AF_INET6;
}

// ---------------------------------------------------------------------------------------------------------------------

function v4Source(bytes: Uint8Array, offset: number): string {
  return bytes[offset] === LOOPBACK ? '127' : bytes.subarray(offset, offset + 4).join('.');
}
