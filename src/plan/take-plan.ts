// take-plan — an instance serves by another plan: where it listens is changed first, all of it or nothing, then what it answers.

import { type Endpoint, formatEndpoint } from '../config.ts';
import { bindError, errnoOf, TwindnsError } from '../errors.ts';
import { MOST_ENDPOINTS } from '../handover/endpoint-table.ts';
import { isAmong } from '../options/endpoint.ts';
import type { Resolver } from '../resolver.ts';
import type { Plan } from './plan.ts';

/** Where it listens. @throws TwindnsError CONFIG_REFUSED for more than twins can share */
export function listenersOf({ listeners }: Plan): readonly Endpoint[] {
  const endpoints = listeners.map(({ at }) => at);
  if (endpoints.length <= MOST_ENDPOINTS) return endpoints;
  throw new TwindnsError(
    'CONFIG_REFUSED',
    `${endpoints.length} pairs of address and port are to be served, and two instances can share ${MOST_ENDPOINTS}. ` +
      'Bind zones to fewer addresses, or serve them at fewer ports.',
  );
}

/** @throws TwindnsError, or a RangeError of the resolver: nothing has changed then */
export function takePlan(
  plan: Plan,
  resolver: Pick<Resolver, 'listeners' | 'setListeners' | 'setPlan'>,
  twin: { planChanged(): void },
): void {
  const [before, next] = [resolver.listeners(), listenersOf(plan)];
  if (areSame(before, next)) {
    resolver.setPlan(plan);
    return twin.planChanged();
  }
  try {
    resolver.setListeners(next);
  } catch (cause) {
    if (errnoOf(cause) === undefined) throw cause;
    const added = next.filter((one) => !isAmong(one, before));
    throw bindError(`DNS at ${added.map(formatEndpoint).join(', ')}`, '`bind`, or another port', cause);
  }
  try {
    resolver.setPlan(plan);
  } catch (error) {
    resolver.setListeners(before);
    throw error;
  } finally {
    twin.planChanged();
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function areSame(some: readonly Endpoint[], others: readonly Endpoint[]): boolean {
  return some.length === others.length && some.every((one) => isAmong(one, others));
}
