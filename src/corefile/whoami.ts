// whoami — `whoami`: tells the client its own address, port and transport.

import { Whoami } from '../zone/whoami.ts';
import type { Directive, Faults } from './directive.ts';
import { bare } from './grammar.ts';

export function readWhoami(directives: readonly Directive[], faults: Faults): Whoami {
  for (const directive of directives) bare(directive, faults);
  return new Whoami();
}
