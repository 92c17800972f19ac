// address-bytes — addresses as the kernel's messages hold them, 4 or 16 bytes, and as people write them.

import { isIPv6 } from 'node:net';
import { formatAddress } from 'node-reuseport';

/** @param address valid and without a scope */
export function addressBytes(address: string): Uint8Array {
  if (!isIPv6(address)) return Uint8Array.from(address.split('.'), Number);
  const last = /[^:]+\..+$/.exec(address)?.[0];
  const hex = last === undefined ? address : address.replace(last, pairsOf(addressBytes(last)));
  const [head = '', tail] = hex.split('::');
  const [left, right] = [groupsOf(head), groupsOf(tail ?? '')];
  const groups = [...left, ...new Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16)]),
  );
}

/** Undefined for bytes that are neither 4 nor 16. */
export function addressText(bytes: Uint8Array): string | undefined {
  if (bytes.length !== 4 && bytes.length !== 16) return undefined;
  const sockaddr = new Uint8Array(28);
  const [family, at] = bytes.length === 4 ? [2, 4] : [10, 8];
  new Uint16Array(sockaddr.buffer, 0, 1)[0] = family;
  sockaddr.set(bytes, at);
  return formatAddress(sockaddr, 0).address;
}

// ---------------------------------------------------------------------------------------------------------------------

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}

/** The last four bytes of an IPv6 address may be written as IPv4. */
function pairsOf([a = 0, b = 0, c = 0, d = 0]: Uint8Array): string {
  return [(a << 8) | b, (c << 8) | d].map((group) => group.toString(16)).join(':');
}
