// back-off.test — a child that keeps dying is started less and less often, one that was well at once is not punished.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextDelay } from '../../src/pair/back-off.ts';

test('the delay doubles from one second to thirty', () => {
  const delays: number[] = [];
  for (let delay = 0; delays.length < 7; delays.push(delay)) delay = nextDelay(delay, 10);
  assert.deepEqual(delays, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

test('a minute of life starts it over', () => {
  assert.equal(nextDelay(30_000, 59_999), 30_000);
  assert.equal(nextDelay(30_000, 60_000), 1000);
});
