// stalls.test — a beat that comes late is a stall, by its cause; at a clock of the test's own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stalls } from '../../src/loop/stalls.ts';

function stage() {
  const clock = { now: 1_000_000, cpu: 0, throttled: 0, waited: 0, tells: true };
  const stalls = new Stalls(
    () => clock.cpu,
    () => (clock.tells ? { ...clock } : { throttled: undefined, waited: undefined }),
  );
  const beat = (after = 10, due = 10) => {
    clock.now += after;
    stalls.beat(clock.now, due);
  };
  return { clock, stalls, beat };
}

test('beats in time, and some milliseconds late, are none', () => {
  const { stalls, beat } = stage();
  for (let i = 0; i < 1000; i++) beat(10 + (i % 20));
  assert.deepEqual(stalls.seconds, { throttled: 0, starved: 0, stopped: 0, busy: 0 });
});

for (const [cause, change] of [
  ['busy', { cpu: 400 }],
  ['throttled', { throttled: 480, waited: 480, cpu: 15 }],
  ['starved', { waited: 480, cpu: 15 }],
  ['stopped', { cpu: 1 }],
] as const)
  test(`half a second in which it was ${cause} is told as that`, () => {
    const { clock, stalls, beat } = stage();
    for (let i = 0; i < 300; i++) {
      clock.cpu += 5; // at work in between
      clock.waited += 1;
      beat();
    }
    for (const [what, ms] of Object.entries(change)) clock[what as 'cpu'] += ms;
    beat(510);
    assert.equal(stalls.seconds[cause], 0.5);
    assert.deepEqual(stalls.recent(clock.now), { ms: 500, longest: 500, cause });
    for (let i = 0; i < 6100; i++) beat();
    assert.equal(stalls.recent(clock.now), undefined, 'a minute later');
  });

test('where the kernel tells nothing it is a wait for a processor', () => {
  const { clock, stalls, beat } = stage();
  clock.tells = false;
  beat();
  beat(110);
  assert.equal(stalls.seconds.starved, 0.1);
});

test('a rest on purpose is none; but what is longer than that is', () => {
  const { stalls, beat } = stage();
  beat();
  stalls.rest(1370);
  beat(1300);
  beat(1000, 1000);
  assert.equal(stalls.seconds.stopped + stalls.seconds.starved, 0);
  stalls.rest(1370);
  beat(2870);
  beat();
  assert.equal(stalls.seconds.stopped, 1.5);
});
