// coverage — which states of the two slots were seen together, how often: a table whose empty fields no schedule has come to.

import { type Slot, slots } from '../../src/config.ts';
import type { CustodyStatus } from '../../src/status.ts';
import type { Pair } from './pair.ts';
import type { Instance } from './process/surroundings.ts';

/** Of a slot. meets: it has heard of a twin that does not serve yet. keeps: it reads the sockets of a twin that is gone. */
export const states = [
  'empty',
  'starts',
  'alone',
  'keeps',
  'meets',
  'well',
  'helps',
  'is left',
  'leaves',
  'stopped',
] as const;
export type State = (typeof states)[number];

export class Coverage {
  /** By the states of the primary and the secondary. */
  readonly seen = new Map<string, number>();

  look(pair: Pair, statusOf: (instance: Instance) => CustodyStatus | undefined): void {
    const [primary, secondary] = slots.map((slot) => stateOf(slot, pair, statusOf));
    this.#count(`${primary}/${secondary}`, 1);
  }

  add({ seen }: Coverage): void {
    for (const [states, times] of seen) this.#count(states, times);
  }

  /** Rows are states of the primary, columns those of the secondary. */
  get text(): string {
    const rows = states.map((primary) => [
      primary,
      ...states.map((secondary) => String(this.seen.get(`${primary}/${secondary}`) ?? '·')),
    ]);
    const all = [['', ...states], ...rows];
    return all.map((row) => row.map((field) => field.padStart(8)).join('')).join('\n');
  }

  /** How many of the fields are not empty. */
  get fields(): string {
    return `${this.seen.size} of ${states.length ** 2}`;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #count(states: string, times: number): void {
    this.seen.set(states, (this.seen.get(states) ?? 0) + times);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function stateOf(
  slot: Slot,
  { living }: Pair,
  statusOf: (instance: Instance) => CustodyStatus | undefined,
): State {
  const own = living.filter((one) => one.slot === slot);
  const instance = own.find(({ source }) => source !== undefined) ?? own[0];
  if (instance === undefined) return 'empty';
  if (instance.process.fate === 'stopped') return 'stopped';
  if (instance.source === undefined) return 'starts';
  if (instance.isToldToStop) return 'leaves';
  const status = statusOf(instance);
  if (!status?.enabled) return 'starts';
  const [twin] = status.twins;
  if (twin === undefined) return status.reads.length > 1 ? 'keeps' : 'alone';
  if (twin.leaving) return 'is left';
  if (!twin.serving) return 'meets';
  return twin.readBeside ? 'helps' : 'well';
}
