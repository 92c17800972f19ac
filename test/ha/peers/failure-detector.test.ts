// failure-detector.test — a process that hangs is told from one that waits for a processor, and by one that does so itself.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Arena } from 'node-reuseport';
import { FailureDetector, isLost } from '../../../ha/peers/failure-detector.ts';
import { RECORDS_BYTES } from '../../../src/handover/arena-words.ts';
import { Journal } from '../../../src/handover/journal.ts';
import { holdingsOf } from '../../lab/holdings.ts';
import { pretendedProcess } from '../../lab/pretended-process.ts';

const BEAT = 10_000;

/** How a twin fares that has been silent since BEAT, at each look. */
function silentTwin(t: TestContext, { inHand = false, every = 10, ownDelay = 12 } = {}) {
  const process = pretendedProcess(t);
  const arena = new Arena({ ring: 8, parked: 4, records: RECORDS_BYTES });
  const journal = new Journal(arena);
  journal.beat(BEAT);
  if (inHand) journal.takeCell(0);
  const holdings = holdingsOf('secondary', arena, process);
  t.after(() => holdings.close());
  const detector = new FailureDetector(holdings);
  let now = BEAT;
  /** Looks until it is found stuck, for `ms` milliseconds at most; returns for how long it was silent by then. */
  const stuckAfter = (ms: number, says: (silence: number) => void): number | undefined => {
    for (const end = now + ms; now < end; ) {
      now += every;
      says(now - BEAT);
      if (detector.look(now, false, true, ownDelay) === 'stuck') return now - BEAT;
    }
    return undefined;
  };
  const says =
    (state: string, share = 0) =>
    (silence: number) =>
      process.says(state, share * silence);
  return { process, holdings, stuckAfter, says };
}

test('one that is stopped, or sleeps, is stuck after 100 ms', (t) => {
  for (const state of ['T', 'S', 'D', 't']) {
    const { stuckAfter, says } = silentTwin(t);
    assert.equal(stuckAfter(1000, says(state)), 110, state);
  }
});

test('with a query in hand one that sleeps is stuck a little later, and one that is stopped is not', (t) => {
  for (const [state, ms] of [
    ['S', 140],
    ['T', 110],
  ] as const) {
    const { stuckAfter, says } = silentTwin(t, { inHand: true });
    assert.equal(stuckAfter(1000, says(state)), ms, state);
  }
});

test('one that runs in circles is stuck after 100 ms, and within 250 where it gets a third of a processor', (t) => {
  const whole = silentTwin(t);
  assert.equal(whole.stuckAfter(1000, whole.says('R', 1)), 110);
  const third = silentTwin(t);
  assert.ok(third.stuckAfter(1000, third.says('R', 1 / 3))! < 250);
});

test('one that waits for a processor is not stuck, however long, where we are late ourselves', (t) => {
  const { stuckAfter, says } = silentTwin(t, { every: 90, ownDelay: 6000 });
  assert.equal(stuckAfter(10_000, says('R', 0.004)), undefined);
});

test('where we have time left over it is taken over from after a second', (t) => {
  const { stuckAfter, says } = silentTwin(t);
  assert.equal(stuckAfter(10_000, says('R', 0.01)), 1010);
});

test('one that runs in circles at a tenth of a processor is found by the time it used', (t) => {
  const { stuckAfter, says } = silentTwin(t, { ownDelay: 90 });
  const ms = stuckAfter(10_000, says('R', 0.1))!;
  assert.ok(ms > 500 && ms < 600, `${ms} ms`);
});

test('of the time in which we did not run nothing is known: one long look is not enough', (t) => {
  const { stuckAfter, says } = silentTwin(t, { every: 90, ownDelay: 90 });
  assert.equal(stuckAfter(1000, says('S')), 270);
});

test('where the kernel counts in ticks alone, those are taken', (t) => {
  const { process, stuckAfter } = silentTwin(t);
  assert.equal(
    stuckAfter(1000, (silence) => process.says('R', 0, Math.floor(silence / 10))),
    110,
  );
});

test('a former peer that waits for a processor is not lost; one that sleeps for a second is', (t) => {
  for (const [state, lost] of [
    ['R', false],
    ['S', true],
  ] as const) {
    const { process, holdings } = silentTwin(t);
    process.says(state, 1);
    let found = false;
    for (let silence = 10; silence < 2000; silence += 10) found = isLost(holdings, BEAT + silence);
    assert.equal(found, lost, state);
    assert.equal(isLost(holdings, BEAT + 900), false, 'not yet');
  }
});
