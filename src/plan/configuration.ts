// configuration — what a plan says of answers, as eight digits that are the same where two instances answer alike.

import { createHash } from 'node:crypto';
import { formatEndpoint } from '../config.ts';
import type { Plan } from './plan.ts';

const DIGITS = 8;

/** Which endpoints have which zones is part of it; where in a file it was said is not. */
export function configurationOf({ listeners }: Pick<Plan, 'listeners'>): string {
  const said = JSON.stringify(
    listeners
      .map(({ at, zones }) => [
        formatEndpoint(at),
        zones.map(({ suffix, block }) => [suffix, block.identity]),
      ])
      .sort(([a], [b]) => (a! < b! ? -1 : 1)),
  );
  return createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, DIGITS);
}
