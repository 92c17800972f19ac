// minimal — `minimal`: positive answers without authority and additional records.

import { Minimal } from '../zone/minimal.ts';
import type { Directive, Faults } from './directive.ts';
import { bare } from './grammar.ts';

export function readMinimal(directives: readonly Directive[], faults: Faults): Minimal {
  for (const directive of directives) bare(directive, faults);
  return new Minimal();
}
