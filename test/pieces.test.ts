// pieces.test — long work gives others their turn, and comes to the same as when it is done at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCorefile } from '../src/corefile/read-corefile.ts';
import { atOnce, each, inTurns, type Pieces } from '../src/pieces.ts';
import { corefile, madeUpSurroundings } from './corefile/reading.ts';

function* counting(to: number): Pieces<number> {
  let sum = 0;
  yield* each(
    Array.from({ length: to }, (_, i) => i),
    (i) => {
      sum += i;
    },
  );
  return sum;
}

/** How many turns of the loop others had. */
async function turnsDuring(task: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  void task.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await new Promise(setImmediate);
    turns++;
  }
  return turns;
}

test('it comes to the same, at once and in turns', async () => {
  assert.equal(atOnce(counting(1000)), 499_500);
  assert.equal(await inTurns(counting(1000)), 499_500);
  const failing = function* (): Pieces<void> {
    yield;
    throw new Error('in a later piece');
  };
  await assert.rejects(inTurns(failing()), /in a later piece/);
});

test('what takes no time is not interrupted, what does is', async () => {
  let spent = 0;
  assert.ok((await turnsDuring(inTurns(counting(100), () => spent))) <= 2);
  const slow = function* (): Pieces<void> {
    yield* each(Array(160), () => {
      spent++;
    });
  };
  const turns = await turnsDuring(inTurns(slow(), () => spent));
  assert.ok(turns >= 9, `${turns} turns in 160 ms`);
});

test('a Corefile of 10,000 lines is read in turns', async () => {
  const block = (i: number) =>
    `z${i}.example {\n    bind 127.0.0.1\n    cache 30\n    forward . 192.0.2.1\n}\n`;
  const text = Array.from({ length: 2000 }, (_, i) => block(i)).join('');
  const reading = readCorefile(corefile, madeUpSurroundings(text));
  const turns = await turnsDuring(reading);
  assert.ok(turns >= 5, `${turns} turns`);
  const { plan, faults } = await reading;
  assert.deepEqual([faults, plan.listeners[0]!.zones.length], [[], 2000]);
});
