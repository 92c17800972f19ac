// prometheus — `prometheus [HOST:PORT] { runtime_metrics }`: a page with metrics.

import type { AdminPlan } from '../plan/plan.ts';
import type { Directive, Faults } from './directive.ts';
import { atMost, eachOption, once } from './grammar.ts';
import { readHttpAddress } from './http-address.ts';

export function readPrometheus(directives: readonly Directive[], faults: Faults): AdminPlan | undefined {
  const directive = once(directives, faults);
  if (directive === undefined) return undefined;
  const at = readHttpAddress(directive, faults, { address: '127.0.0.1', port: 9153 });
  eachOption(directive, faults, {
    runtime_metrics(option) {
      atMost(option, 0, faults, 'runtime_metrics');
      faults.warn(option.name, '`runtime_metrics` does nothing here: there is no Go runtime.');
    },
    tls: ({ name }) =>
      faults.refuse(
        name,
        'metrics are served over HTTP alone: take `tls` out, or put a proxy before the page.',
      ),
  });
  return at && { at, pages: ['metrics'], lameduck: 0 };
}
