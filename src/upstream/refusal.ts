// refusal — who it is that an errno comes from: the network, on behalf of a server, or this machine.
//
// Only the first says anything about the server. The second passes, and is nothing to remember a question by.

import { getSystemErrorName } from 'node:util';
import { errnoOf } from '../errors.ts';
import type { ExchangeFailure } from './exchange.ts';

/** What ICMP and RST become (icmp_err_convert of the kernel), and what is said where no way leads. */
const ofNetwork: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENONET',
  'ENOPROTOOPT',
  'EPIPE',
  'EPROTO',
  'ETIMEDOUT',
]);

/** @param errno as calls return it, negative */
export function refusalOf(errno: number): ExchangeFailure {
  return ofNetwork.has(getSystemErrorName(errno)) ? 'refused' : 'local';
}

export function refusalThrown(thrown: unknown): ExchangeFailure {
  return isOfNetwork(thrown) ? 'refused' : 'local';
}

export function isOfNetwork(thrown: unknown): boolean {
  return ofNetwork.has(errnoOf(thrown) ?? '');
}
