// health — `health [HOST:PORT] { lameduck DURATION }`: a page that says whether the instance serves.

import type { AdminPlan } from '../plan/plan.ts';
import type { Directive, Faults } from './directive.ts';
import { atMost, eachOption } from './grammar.ts';
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
  for (const { name } of directives.slice(0, -1))
    faults.warn(name, 'this `health` does nothing: another one follows in the block.');
  return plans.at(-1);
}
