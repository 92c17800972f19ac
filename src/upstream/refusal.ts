// refusal — who it is that an errno comes from: the network, on behalf of a server, or this machine.
//
// Only the first says anything about the server. The second passes, and is nothing to remember a question by.

import { getSystemErrorName } from 'node:util';
import { errnoOf } from '../errors.ts';
import type { ExchangeFailure } from './exchange.ts';

/** What the server's machine says: ICMP of a port, RST (icmp_err_convert of the kernel). */
const ofServer: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE']);
/** What ICMP of others becomes, and what is said where no way leads. */
const ofWay: ReadonlySet<string> = new Set([
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENONET',
  'ENOPROTOOPT',
  'EPROTO',
  'ETIMEDOUT',
]);

/** @param errno as calls return it, negative */
export function refusalOf(errno: number): ExchangeFailure {
  return refusalNamed(getSystemErrorName(errno));
}

export function refusalThrown(thrown: unknown): ExchangeFailure {
  return refusalNamed(errnoOf(thrown) ?? '');
}

export function isOfNetwork(thrown: unknown): boolean {
  return refusalThrown(thrown) !== 'local';
}

function refusalNamed(errno: string): ExchangeFailure {
  if (ofServer.has(errno)) return 'refused';
  return ofWay.has(errno) ? 'unreachable' : 'local';
}
