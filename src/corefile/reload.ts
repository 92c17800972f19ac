// reload — `reload [INTERVAL [JITTER]]`: how often the file is looked at.

import type { Plan } from '../plan/plan.ts';
import type { Directive, Faults } from './directive.ts';
import { quoted } from './fault-list.ts';
import { atMost, noBlock } from './grammar.ts';
import { readDuration } from './number.ts';

/** The first of several, as in CoreDNS. */
export function readReload(directives: readonly Directive[], faults: Faults): Plan['reload'] {
  const plans = directives.map((directive) => {
    const [interval, jitter] = atMost(directive, 2, faults, 'reload [INTERVAL [JITTER]]');
    noBlock(directive, faults);
    const every = interval && readDuration(interval, faults, 'the interval of `reload`', { least: 2000 });
    const spread = jitter && readDuration(jitter, faults, 'the jitter of `reload`');
    if (jitter !== undefined && spread !== undefined && spread > 0 && spread < 1000)
      faults.refuse(jitter, `the jitter of \`reload\` is ${quoted(jitter)}: give 0 or 1s and more.`);
    const period = every ?? 30_000;
    return { interval: period, jitter: Math.min(spread ?? 15_000, period / 2) };
  });
  for (const { name } of directives.slice(1))
    faults.warn(name, 'this `reload` does nothing: the block has one above.');
  return plans[0];
}
