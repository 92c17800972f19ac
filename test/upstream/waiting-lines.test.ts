// waiting-lines.test — which query gives way when there is no room for another.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bound } from '../../src/budget.ts';
import { Waiter } from '../../src/upstream/waiter.ts';
import { WaitingLines } from '../../src/upstream/waiting-lines.ts';

class Waiting extends Waiter {
  readonly sender = '';
  inHand(): void {}
  deliver(): void {}
}

/** Room for 100 queries of 10 bytes; zone 0 has 30 of them for itself, zones 1 and 2 have 10 each. */
function startLines() {
  const bound = new Bound('waiting_queries', 'bytes', 1000);
  const lines = new WaitingLines(bound, [0.3, 0.1, 0.1]);
  const enter = (zone: number, share: number, received: number) => {
    const waiter = new Waiting(received, share, 10);
    waiter.charged = 10;
    lines.enter(zone, waiter);
    return waiter;
  };
  /** As many as get in. */
  const fill = (zone: number, share: number, received: number) => {
    const waiters: Waiter[] = [];
    while (lines.hasRoom(zone, 10)) waiters.push(enter(zone, share, received + waiters.length / 1000));
    return waiters;
  };
  return { bound, lines, enter, fill };
}

test('two zones that take all they can leave a third its floor', () => {
  const { bound, lines, fill } = startLines();
  assert.equal(fill(1, 5, 0).length, 60);
  assert.equal(fill(2, 5, 0).length, 10);
  assert.equal(fill(0, 5, 0).length, 30);
  assert.equal(bound.held, 1000);
  assert.equal(lines.hasRoom(0, 10), false);
});

test('what is free is for all zones but for the floors of others', () => {
  const { fill } = startLines();
  assert.equal(fill(0, 5, 0).length, 80);
});

test('the zone most over its floor gives way, in it the longest line, in that the oldest', () => {
  const { lines, enter, fill } = startLines();
  const modest = enter(1, 7, 0);
  const [oldest] = fill(1, 5, 10);
  fill(2, 5, 0);
  fill(0, 5, 0);
  for (const zone of [0, 1, 2]) assert.equal(lines.candidate(zone, 9, 20), oldest);
  lines.leave(oldest!);
  assert.notEqual(lines.candidate(1, 9, 20), modest);
});

test('where much waits, and much of that for one share, its new queries are let in at a pace; others, and a zone below its floor, have none', () => {
  const { lines, enter } = startLines();
  const letIn = (zone: number, share: number, now: number) => {
    let count = 0;
    while (count < 1000 && lines.keepsPace(zone, share, now)) count++;
    return count;
  };
  for (let i = 0; i < 25; i++) enter(1, 5, 0);
  assert.equal(letIn(1, 5, 0), 1000, 'not much waits');
  for (let i = 0; i < 20; i++) enter(1, 5, 0);
  assert.equal(letIn(1, 5, 1000), 401);
  assert.equal(letIn(1, 5, 1000), 0);
  assert.equal(letIn(1, 5, 1010), 20);
  assert.equal(letIn(1, 6, 1010), 1000, 'another share');
  assert.equal(letIn(0, 5, 1010), 1000, 'a zone below its floor');
});

test('of its own line a query takes a place only from one that has waited for long', () => {
  const { lines, fill } = startLines();
  const [oldest] = fill(1, 5, 1000);
  assert.equal(lines.candidate(1, 5, 1200), undefined);
  assert.equal(lines.candidate(1, 5, 1201), oldest);
});

test('where a flood comes from everywhere, what has waited longest gives way', () => {
  const { lines, enter } = startLines();
  const waiters: Waiter[] = [];
  for (let share = 0; lines.hasRoom(1, 10); share++) waiters.push(enter(1, share, 1000 - share));
  const longest = waiters.at(-1)!;
  const busy = waiters[3]!.share;
  assert.equal(lines.candidate(1, busy, 1000), undefined);
  assert.equal(lines.candidate(1, busy, 1150), longest);
});

test('a waiter in the middle of a line leaves the others in order, and all of them leave nothing', () => {
  const { bound, lines, enter } = startLines();
  const [first, second, third] = [1, 2, 3].map((received) => enter(1, 5, received));
  lines.leave(second!);
  lines.charge(third!, 5);
  assert.equal(bound.held, 25);
  lines.leave(first!);
  assert.equal(lines.candidate(1, 6, 500), third);
  lines.leave(third!);
  assert.deepEqual([bound.held, lines.candidate(1, 6, 500)], [0, undefined]);
});

test('whatever comes and goes, what is held is what those that wait are charged with, and only such give way', () => {
  const step = fc.record({
    zone: fc.nat(2),
    share: fc.nat(3),
    charged: fc.integer({ min: 1, max: 50 }),
    leaves: fc.boolean(),
    which: fc.nat(20),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const { bound, lines } = startLines();
      const waiting: Waiter[] = [];
      for (const [now, { zone, share, charged, leaves, which }] of steps.entries()) {
        if (leaves && which < waiting.length) lines.leave(waiting.splice(which, 1)[0]!);
        else if (lines.hasRoom(zone, charged)) {
          const waiter = new Waiting(now, share, charged);
          waiter.charged = charged;
          lines.enter(zone, waiter);
          waiting.push(waiter);
        }
        assert.equal(
          bound.held,
          waiting.reduce((sum, waiter) => sum + waiter.charged, 0),
        );
        const candidate = lines.candidate(zone, share, now + 1000);
        assert.equal(candidate !== undefined, waiting.length > 0 && waiting.includes(candidate!));
      }
    }),
    { numRuns: 200 },
  );
});
