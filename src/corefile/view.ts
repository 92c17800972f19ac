// view — for which queries the block is there: `view NAME { expr CONDITION }`, and src/zone/expression.ts has the grammar of a
// condition. All of them have to hold. Of several blocks for a zone the first in the file that is there takes a query.

import { type Condition, compileCondition } from '../zone/expression.ts';
import { View } from '../zone/view.ts';
import type { Directive, Faults } from './directive.ts';
import { atMost, eachOption, once } from './grammar.ts';

export function readView(directives: readonly Directive[], faults: Faults): View | undefined {
  const directive = once(directives, faults);
  if (directive === undefined) return undefined;
  const [name] = atMost(directive, 1, faults, 'view NAME');
  if (name === undefined) {
    faults.refuse(directive.name, '`view` needs a name.');
    return undefined;
  }
  const conditions: Condition[] = [];
  eachOption(directive, faults, {
    expr({ name: option, args }) {
      // A condition that is not quoted is many words.
      const condition = compileCondition(args.map(({ text }) => text).join(' '));
      if (typeof condition === 'string') faults.refuse(args[0] ?? option, `\`expr\`: ${condition}.`);
      else conditions.push(condition);
    },
  });
  if (conditions.length === 0)
    faults.warn(name, '`view` without `expr` does nothing: its block is there for all queries.');
  return new View(name.text, conditions);
}
