// http-address — `[HOST]:PORT` of an HTTP server that a directive asks for.

import type { Endpoint } from '../config.ts';
import { parseAddress } from '../options/endpoint.ts';
import type { Directive, Faults } from './directive.ts';
import { quoted } from './fault-list.ts';
import { atMost } from './grammar.ts';

/** An empty address is every one. @param standard what it is where nothing is said */
export function readHttpAddress(
  directive: Directive,
  faults: Faults,
  standard: Endpoint,
): Endpoint | undefined {
  const { text } = directive.name;
  const [word] = atMost(directive, 1, faults, `${text} [HOST:PORT]`);
  if (word === undefined) return standard;
  const [, bracketed, host, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(word.text) ?? [];
  const name = bracketed ?? host;
  const address = name === '' ? '' : name === 'localhost' ? '127.0.0.1' : parseAddress(name ?? '');
  const port = Number(digits);
  if (address === undefined || !(port >= 1 && port <= 65535)) {
    const bare = /^\d+$/.test(word.text) ? ` Write :${word.text}.` : '';
    faults.refuse(
      word,
      `\`${text}\` is at ${quoted(word)}: give an IP address and a port, such as 127.0.0.1:${standard.port}, or :${standard.port} for all addresses.${bare}`,
    );
    return undefined;
  }
  // All addresses are one, however it is written.
  return { address: address === '0.0.0.0' || address === '::' ? '' : address, port };
}
