// sweeper.test — what has a time limit is looked at as soon as was wanted at the last look, and no timer runs where nothing is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PACES, type Pace, Sweeper, soonest } from '../../src/loop/sweeper.ts';

/** A sweeper by a clock of the test's. */
function startSweeper() {
  let now = 0;
  let alarm: { readonly due: number; readonly ring: () => void } | undefined;
  const state = { pace: undefined as Pace | undefined };
  let sweeps = 0;
  const sweeper = new Sweeper(
    () => {
      sweeps++;
      return state.pace;
    },
    (ring, ms) => {
      alarm = { due: now + ms, ring };
      return () => {
        alarm = undefined;
      };
    },
  );
  const sweepsIn = (ms: number) => {
    const before = sweeps;
    const end = now + ms;
    while (alarm !== undefined && alarm.due <= end) {
      const { due, ring } = alarm;
      now = due;
      alarm = undefined;
      ring();
    }
    now = end;
    return sweeps - before;
  };
  return { sweeper, state, sweepsIn, isSet: () => alarm !== undefined };
}

test('it sweeps soon after it is woken, then at the pace that was wanted last, until none is', () => {
  const { sweeper, state, sweepsIn, isSet } = startSweeper();
  assert.equal(sweepsIn(60_000), 0, 'not woken');
  for (const pace of ['soon', 'later', 'seldom'] as const) {
    state.pace = pace;
    sweeper.wake();
    assert.equal(sweepsIn(PACES.soon), 1);
    assert.equal(sweepsIn(10_000), 10_000 / PACES[pace]);
  }
  sweeper.wake();
  assert.equal(sweepsIn(PACES.soon), 1, 'it does not wait for the next of those that are seldom');
  state.pace = undefined;
  assert.equal(sweepsIn(PACES.seldom), 1);
  assert.equal(isSet(), false);
  sweeper.wake();
  sweeper.stop();
  sweeper.wake();
  assert.equal(isSet(), false, 'stopped for good');
});

test('of several paces the soonest counts', () => {
  assert.deepEqual(
    [['seldom', 'soon', 'later'], ['seldom', 'later'], ['seldom'], []].map((paces) =>
      soonest(paces as Pace[]),
    ),
    ['soon', 'later', 'seldom', 'seldom'],
  );
});
