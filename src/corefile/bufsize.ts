// bufsize — `bufsize [SIZE]`: the most that clients are taken to have room for over UDP.

import type { Directive, Faults } from './directive.ts';
import { atMost, last, noBlock } from './grammar.ts';
import { readInteger } from './number.ts';

/** Bytes. */
export function readBufsize(directives: readonly Directive[], faults: Faults): number | undefined {
  const directive = last(directives, faults);
  if (directive === undefined) return undefined;
  const [size] = atMost(directive, 1, faults, 'bufsize [SIZE]');
  noBlock(directive, faults);
  return size === undefined ? 1232 : readInteger(size, faults, '`bufsize`', { least: 512, most: 4096 });
}
