// configuration — what a plan says of answers, as a text that is the same where two instances answer alike.

import { formatEndpoint } from '../config.ts';
import type { Plan } from './plan.ts';

/** Which endpoints have which zones is part of it; where in a file it was said is not. */
export function configurationOf({ listeners }: Pick<Plan, 'listeners'>): string {
  return JSON.stringify(
    listeners
      .map(({ at, zones }) => [
        formatEndpoint(at),
        zones.map(({ suffix, block }) => [suffix, block.identity]),
      ])
      .sort(([a], [b]) => (a! < b! ? -1 : 1)),
  );
}
