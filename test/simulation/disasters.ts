// disasters — what happens to the processes of a schedule, and when: counted in calls and stores, so that it can hit between any two.

import type { Chance } from './chance.ts';
import type { Errno } from './kernel/errno.ts';

export type DisasterKind = 'kill' | 'stop' | 'wait' | 'term' | 'replace' | 'cut' | 'fail' | 'start';

export interface Disaster {
  readonly number: number;
  /**
   * kill: SIGKILL. stop: SIGSTOP, and SIGCONT after `ms`. wait: it gets no processor for `ms`. term: SIGTERM. replace: a kubelet
   * says so before, as its preStop hook does. cut: the channel ends while both live. fail: a call fails. start: another process of
   * a slot that is taken.
   */
  readonly kind: DisasterKind;
  /** Calls after the disaster before, or after both have met. */
  readonly gap: number;
  /** Whether it strikes the process that makes the call, or the other one. */
  readonly strikes: 'caller' | 'other';
  readonly ms: number;
  /** Milliseconds until the slot of a process that ends has another one. */
  readonly restart: number;
  /** Milliseconds from the end of a killed process to that of its descriptors. */
  readonly closing: number;
  readonly failing: readonly [call: string, errno: Errno];
  readonly times: number;
}

/** How often each, of all together. */
const kinds: readonly (readonly [DisasterKind, number])[] = [
  ['kill', 6],
  ['stop', 5],
  ['wait', 2],
  ['term', 5],
  ['replace', 2],
  ['cut', 2],
  ['start', 1],
];

/** What Linux lets calls fail with that come while two are at work. */
export const failures: readonly (readonly [call: string, errno: Errno])[] = [
  ['recvmmsg', 'ENOMEM'],
  ['sendmmsg', 'ENOBUFS'],
  ['sendMessage', 'ENOBUFS'],
  ['receiveMessage', 'ENOMEM'],
  ['mapMemory', 'ENOMEM'],
  ['accept', 'EMFILE'],
  ['accept', 'ECONNABORTED'],
  ['bindUdp', 'ENOBUFS'],
  ['connectUdp', 'EMFILE'],
  ['connectChannel', 'EAGAIN'],
  ['epoll_ctl add', 'ENOSPC'],
  ['open', 'EMFILE'],
  ['fstat', 'ENOMEM'],
];

const MOST_CALLS = 1500;
/** Milliseconds: clients do not wait for it. */
const LONGEST_STOP = 2500;

/** @param some whether calls may fail, too */
export function planDisasters(chance: Chance, some: { readonly failing: boolean }): Disaster[] {
  const weights = some.failing ? [...kinds, ['fail', 4] as const] : kinds;
  return Array.from({ length: 2 + chance.below(4) }, (_, number) => ({
    number,
    kind: weighted(chance, weights),
    gap: Math.ceil(chance.spread(1, MOST_CALLS)),
    strikes: chance.oneIn(2) ? 'caller' : 'other',
    ms: chance.oneIn(80) ? LONGEST_STOP : chance.oneIn(8) ? chance.between(600, 1600) : chance.spread(1, 400),
    restart: chance.spread(3, 300),
    closing: chance.oneIn(2) ? 0.3 : chance.spread(0.3, 60),
    failing: chance.pick(failures),
    times: chance.oneIn(2) ? 1 : Math.ceil(chance.spread(1, 50)),
  }));
}

// ---------------------------------------------------------------------------------------------------------------------

function weighted<Item>(chance: Chance, items: readonly (readonly [Item, number])[]): Item {
  let left = chance.below(items.reduce((sum, [, weight]) => sum + weight, 0));
  for (const [item, weight] of items) {
    left -= weight;
    if (left < 0) return item;
  }
  throw new Error('no item');
}
