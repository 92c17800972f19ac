// looks.test — looks go on as long as there is something to see; then what comes wakes them, and a call has one look.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Looks } from '../../../ha/takeover/looks.ts';
import { BEAT_EVERY, RESTS_AFTER } from '../../../ha/timing.ts';

/** Looks at which there is nothing to see before it rests. */
const QUIET = RESTS_AFTER / BEAT_EVERY;

function startLooks(t: TestContext) {
  const state = { quiet: false, mayRest: true, looks: 0 };
  const looks = new Looks(
    () => {
      state.looks++;
      return state.quiet;
    },
    () => state.mayRest,
  );
  t.after(() => looks.stop());
  /** Looks in a time in which there would be some more than it takes to rest. */
  const looksNow = async () => {
    const before = state.looks;
    await pause(2.5 * RESTS_AFTER);
    return state.looks - before;
  };
  return { looks, state, looksNow };
}

test('again and again while there is something to see, and no more when there is nothing', async (t) => {
  const { looks, state, looksNow } = startLooks(t);
  looks.wake();
  assert.equal(await looksNow(), 0, 'not started');
  looks.start();
  assert.ok((await looksNow()) > 1);
  state.quiet = true;
  state.mayRest = false;
  assert.ok((await looksNow()) > 1, 'nothing would wake it');
  state.mayRest = true;
  assert.ok((await looksNow()) <= QUIET);
  assert.equal(looks.areAwake, false);
  assert.equal(await looksNow(), 0);
  state.quiet = false;
  looks.wake();
  assert.ok((await looksNow()) > 1);
});

test('what comes is looked at there and then; if it is nothing that is seen at the next look, not again and again', async (t) => {
  const { looks, state, looksNow } = startLooks(t);
  looks.start();
  state.quiet = true;
  await looksNow();
  const before = state.looks;
  looks.wakeNow();
  assert.equal(state.looks, before + 1);
  looks.wakeNow();
  assert.equal(state.looks, before + 1, 'awake');
  assert.equal(await looksNow(), QUIET);
});

test('one look at a call wakes them only if there is something to see', async (t) => {
  const { looks, state, looksNow } = startLooks(t);
  looks.start();
  state.quiet = true;
  await looksNow();
  looks.once();
  assert.equal(looks.areAwake, false);
  state.quiet = false;
  looks.once();
  assert.equal(looks.areAwake, true);
});
