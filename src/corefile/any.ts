// any — `any`: queries for all types of a name get one record that says there is no such thing.

import { Any } from '../zone/any.ts';
import type { Directive, Faults } from './directive.ts';
import { bare } from './grammar.ts';

export function readAny(directives: readonly Directive[], faults: Faults): Any {
  for (const directive of directives) bare(directive, faults);
  return new Any();
}
