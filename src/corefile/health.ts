// health — `health [HOST:PORT] { lameduck DURATION }`: a page that says whether the instance serves.

import type { AdminPlan } from '../plan/plan.ts';
import type { Directive, Faults } from './directive.ts';
import { atMost, eachOption, last } from './grammar.ts';
import { readHttpAddress } from './http-address.ts';
import { readDuration } from './number.ts';

/** The last of several, as in CoreDNS. */
export function readHealth(directives: readonly Directive[], faults: Faults): AdminPlan | undefined {
  const plans = directives.map((directive) => {
    const at = readHttpAddress(directive, faults, { address: '', port: 8080 });
    let lameduck = 0;
    eachOption(directive, faults, {
      lameduck(option) {
        const [word] = atMost(option, 1, faults, 'lameduck DURATION');
        if (word === undefined) faults.refuse(option.name, '`lameduck` needs a duration such as 5s.');
        else lameduck = readDuration(word, faults, '`lameduck`') ?? 0;
      },
    });
    return at && { at, pages: ['health'] as const, lameduck };
  });
  last(directives, faults);
  return plans.at(-1);
}
