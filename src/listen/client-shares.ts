// client-shares — which share of what clients may hold is a client's, by its address: a host of IPv4, a /64 of IPv6, and all of
// 127.0.0.0/8 together, since a client that has one of those has all.
//
// The sources are those of client-source; here they are needed for each query that waits. Shares are numbers, not names:
// addresses can be made up, so nothing may be kept for each of them.

import { randomBytes } from 'node:crypto';

const AF_INET6 = 10;

export class ClientShares {
  readonly #count: number;
  /** No client can know which others it shares with. */
  readonly #key = new Int32Array(new Uint8Array(randomBytes(8)).buffer);

  /** @param count how many there are, a power of two */
  constructor(count: number) {
    this.#count = count;
  }

  /** The share of the client with the sockaddr at `at`. */
  of(bytes: Uint8Array, at: number): number {
    if (bytes[at] !== AF_INET6) return this.#ofIpv4(bytes, at + 4);
    const address = at + 8;
    if (isMapped(bytes, address)) return this.#ofIpv4(bytes, address + 12);
    const upper = mix(this.#key[0]! ^ word(bytes, address));
    return mix(upper ^ this.#key[1]! ^ word(bytes, address + 4)) & (this.#count - 1);
  }

  #ofIpv4(bytes: Uint8Array, at: number): number {
    const address = bytes[at] === 127 ? 127 : word(bytes, at);
    return mix(mix(this.#key[0]! ^ address) ^ this.#key[1]!) & (this.#count - 1);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** ::ffff:a.b.c.d */
function isMapped(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < 10; i++) if (bytes[at + i] !== 0) return false;
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
}

/** The end of MurmurHash3: each bit in changes each bit out. */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
