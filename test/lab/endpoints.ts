// endpoints — several addresses at one port, as most tests have them.

import type { Endpoint } from '../../src/config.ts';
import { type ListenSockets, openSockets } from '../../src/handover/sockets.ts';

export function endpointsAt(addresses: readonly string[], port: number): Endpoint[] {
  return addresses.map((address) => ({ address, port }));
}

/** Sockets of each, for who closes them. */
export function openAt(addresses: readonly string[], port: number): ListenSockets[] {
  return openSockets(endpointsAt(addresses, port));
}
