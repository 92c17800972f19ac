// own-delay.test — how late this process was of late: as often as not, hardly ever, and not for longer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnDelay } from '../../../ha/takeover/own-delay.ts';

/** Looks at these distances, again and again for so long; what is said at the end. */
function after(own: OwnDelay, ms: number, distances: readonly number[]): number {
  let delay = 0;
  for (let at = 0, i = 0; at < ms; i++) {
    const distance = distances[i % distances.length]!;
    at += distance;
    clock += distance;
    delay = own.look(clock);
  }
  return Math.round(delay);
}

let clock = 0;

test('looks that come in time make none', () => {
  assert.equal(after(new OwnDelay(), 5000, [10]), 10);
});

test('a process that may run 10 of each 100 ms is late nearly always', () => {
  assert.equal(after(new OwnDelay(), 5000, [90, 10]), 82);
});

test('one pause counts little, and is forgotten', () => {
  const own = new OwnDelay();
  after(own, 2000, [10]);
  after(own, 60, [60]);
  assert.ok(after(own, 100, [10]) < 15);
  assert.equal(after(own, 3000, [10]), 10);
});
