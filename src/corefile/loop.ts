// loop — `loop`: whether it is found out that the forwards of the block lead back here.

import type { Directive, Faults } from './directive.ts';
import { bare, once } from './grammar.ts';

export function readLoop(directives: readonly Directive[], faults: Faults): boolean {
  const directive = once(directives, faults);
  if (directive !== undefined) bare(directive, faults);
  return directive !== undefined;
}
