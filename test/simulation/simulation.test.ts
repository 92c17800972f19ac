// simulation.test — lives of a pair in the simulated kernel: today's seeds.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeImage } from './image.ts';
import { runSchedule } from './schedule.ts';

/** Milliseconds of processor time for today's seeds; a longer run is `npm run simulate`. */
const PROCESSOR_TIME = 5_000;
/** Seeds of a day: no two days have the same. */
const A_DAY = 1_000_000;
const DAY = 86_400_000;

const image = await makeImage();

test('a schedule is the same each time it is run', () => {
  const [first, ...others] = Array.from({ length: 4 }, () => runSchedule(image, { seed: 4 }).digest);
  for (const other of others) assert.equal(other, first);
});

test('whatever happens to whichever process in whichever call, no query is lost and all is well in the end', () => {
  const first = Math.floor(Date.now() / DAY) * A_DAY;
  const before = process.cpuUsage();
  const spent = () => (process.cpuUsage(before).user + process.cpuUsage(before).system) / 1000;
  for (let seed = first; spent() < PROCESSOR_TIME; seed++) {
    const { wrong } = runSchedule(image, { seed });
    assert.deepEqual(wrong, [], `seed ${seed}: npm run simulate -- --seed ${seed} --story`);
  }
});
