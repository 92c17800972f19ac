// chaos — `chaos [VERSION [AUTHOR…]]`: what programs are told that ask in class CH for version.bind, authors.bind, hostname.bind.

import { Chaos } from '../zone/chaos.ts';
import type { BlockContext } from './block-parts.ts';
import type { Directive } from './directive.ts';
import { noBlock, once } from './grammar.ts';

export function readChaos(
  directives: readonly Directive[],
  { faults, surroundings }: BlockContext,
): Chaos | undefined {
  const directive = once(directives, faults);
  if (directive === undefined) return undefined;
  noBlock(directive, faults);
  const [told = `twindns-${surroundings.version}`, ...authors] = directive.args.map(({ text }) => text);
  return new Chaos(told, authors, surroundings.hostname);
}
