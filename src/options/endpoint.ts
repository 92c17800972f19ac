// endpoint — reads IP addresses and ports: `192.0.2.1`, `192.0.2.1:53`, `2001:db8::1`, `[2001:db8::1]:53`.

import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { type Endpoint, formatEndpoint } from '../config.ts';

/** The one spelling of an address that we compare by (RFC 5952), or undefined; a zone is no part of an address. */
export function parseAddress(text: string): string | undefined {
  // Node.js judges IPv6 by an expression that takes longer to compile than all else that options need: not without a reason.
  const twoColons = text.indexOf(':') !== text.lastIndexOf(':');
  if (!(twoColons ? isIPv6(text) : isIPv4(text)) || text.includes('%')) return undefined;
  return new SocketAddress({ address: text, family: twoColons ? 'ipv6' : 'ipv4' }).address;
}

/**
 * An address with its port. `2001:db8::1:53` is an address in itself where the port may be left out, and the port 53 of
 * 2001:db8::1 where it may not: Kubernetes puts addresses of nodes before a colon as they are.
 *
 * @param defaultPort undefined if there has to be a port
 */
export function parseEndpoint(text: string, defaultPort: number | undefined): Endpoint | undefined {
  const plain = defaultPort === undefined ? undefined : parseAddress(text);
  if (plain !== undefined) return { address: plain, port: defaultPort! };
  const form = defaultPort === undefined ? portAtTheEnd : portOrNone;
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, bracketed, bare, digits] = match;
  const address = parseAddress(bracketed ?? bare ?? '');
  if (address === undefined || (bracketed !== undefined && !address.includes(':'))) return undefined;
  const port = digits === undefined ? defaultPort : Number(digits);
  return port === undefined || port > 65535 ? undefined : { address, port };
}

/** Of a group of machines, or of all on a network: nothing can be answered from it (RFC 5771, RFC 4291 section 2.7). */
export function isMulticast(address: string): boolean {
  if (address.includes(':')) return /^ff/.test(address);
  const first = Number.parseInt(address, 10);
  return first >= 224 && first < 240;
}

/** fe80::/10: it means something on one interface alone, which a zone names (RFC 4007). */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab].:/.test(address);
}

/** 127.0.0.0/8 or ::1 (RFC 6890). */
export function isLoopback(address: string): boolean {
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}

export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.port === b.port && a.address === b.address;
}

export function isAmong(endpoint: Endpoint, all: readonly Endpoint[]): boolean {
  return all.some((one) => sameEndpoint(one, endpoint));
}

/** What `parseEndpoint` reads with that port as its default: the address alone where that is the port. */
export function endpointText(endpoint: Endpoint, defaultPort: number): string {
  return endpoint.port === defaultPort ? endpoint.address : formatEndpoint(endpoint);
}

/** Each address once, in their order. */
export function addressesOf(endpoints: readonly Endpoint[]): readonly string[] {
  return [...new Set(endpoints.map(({ address }) => address))];
}

// ---------------------------------------------------------------------------------------------------------------------

const portOrNone = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/;
const portAtTheEnd = /^(?:\[([^\]]+)\]|(.+)):(\d{1,5})$/;
