// shares.test — however much more than its turn each takes, all have had one by the end of the time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inShares } from './shares.ts';

/** Nineteen that take what they are given and so many seconds more. */
async function taken(extra: number, isStopped?: () => boolean) {
  let clock = 5000;
  const names = Array.from({ length: 19 }, (_, i) => `target-${i}`);
  const turns = await inShares(
    names,
    3600,
    async (name, seconds) => {
      clock += (seconds + extra) * 1000;
      return { name, seconds };
    },
    isStopped,
    () => clock,
  );
  assert.deepEqual(
    turns.map(({ name }) => name),
    names.slice(0, turns.length),
  );
  return { turns: turns.map(({ seconds }) => seconds), whole: clock / 1000 - 5 };
}

test('each has the same when none takes longer', async () => {
  const { turns, whole } = await taken(0);
  assert.equal(turns.length, 19);
  for (const turn of turns) assert.ok(Math.abs(turn - 3600 / 19) < 0.001, String(turn));
  assert.ok(Math.abs(whole - 3600) < 0.001);
});

test('all have a turn, and the time is kept, when each takes half a minute longer', async () => {
  const { turns, whole } = await taken(30);
  assert.equal(turns.length, 19);
  assert.ok(whole < 3600 + 30, String(whole));
  assert.ok(Math.min(...turns) > 150, String(Math.min(...turns)));
});

test('none is left out when the time is over, and none begins after a stop', async () => {
  assert.equal((await taken(400)).turns.length, 19);
  let asked = 0;
  assert.equal((await taken(0, () => ++asked > 4)).turns.length, 4);
});
