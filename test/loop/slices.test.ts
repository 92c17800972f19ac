// slices.test — long work is done in pieces, and the loop turns in between.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { SLICE, Slices } from '../../src/loop/slices.ts';

/** Slices by a clock that each step moves on. */
function startSlices(panics: unknown[] = []) {
  const clock = { now: 0 };
  const done: string[] = [];
  const slices = new Slices(
    { inNextTurn: (task) => void turn().then(task) },
    () => clock.now,
    (error) => panics.push(error),
  );
  const work = (name: string, steps: number, each: number) => {
    let left = steps;
    return () => {
      clock.now += each;
      done.push(name);
      return --left > 0;
    };
  };
  return { slices, clock, done, work };
}

test('what is short is done at once; what is long goes on in later turns, a piece in each', async () => {
  const { slices, clock, done, work } = startSlices();
  slices.start(work('short', 3, 0.1));
  assert.equal(done.length, 3);
  slices.start(work('long', 100, 0.1));
  for (let turns = 0; done.length < 103; turns++) {
    assert.ok(turns < 10);
    const [before, began] = [done.length, clock.now];
    await turn();
    assert.ok(clock.now - began <= SLICE + 0.8, `${clock.now - began} ms`);
    assert.ok(done.length > before);
  }
});

test('much that is short is as good as long: what begins in one turn takes no more than a piece in all', async () => {
  const { slices, done, work } = startSlices();
  for (let i = 0; i < 100; i++) slices.start(work('short', 8, 0.1));
  assert.ok(done.length <= 40, `${done.length} steps`);
  for (let turns = 0; done.length < 800; turns++) {
    assert.ok(turns < 100);
    await turn();
  }
});

test('what is to begin later does so in the next turn, in order', async () => {
  const { slices, done, work } = startSlices();
  slices.startLater(work('first', 1, 0));
  slices.start(work('second', 1, 0));
  assert.deepEqual(done, []);
  await turn();
  assert.deepEqual(done, ['first', 'second']);
});

test('a step that throws is told of, and costs no other step its turn', () => {
  const panics: unknown[] = [];
  const { slices, done, work } = startSlices(panics);
  const after = work('after', 1, 0);
  let thrown = 0;
  slices.start(() => {
    if (thrown++ === 0) throw new Error('broken');
    return after();
  });
  assert.deepEqual([panics.length, done], [1, ['after']]);
});

test('what there is much of is not moved about for each step', () => {
  const { slices, done, work } = startSlices();
  const many = 200_000;
  for (let i = 0; i < many; i++) slices.startLater(work('step', 1, 0));
  const began = performance.now();
  return turn().then(() => {
    assert.equal(done.length, many);
    assert.ok(performance.now() - began < 2000); // each step moving all others would take minutes
  });
});

test('once it is stopped nothing more is done', async () => {
  const { slices, done, work } = startSlices();
  slices.startLater(work('never', 1, 0));
  slices.stop();
  await turn();
  assert.deepEqual(done, []);
});
