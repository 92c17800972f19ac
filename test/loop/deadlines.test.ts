// deadlines.test — each deadline comes once, in order, unless it is cancelled; its owner hears which one it was.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Deadline, type DeadlineOwner, Deadlines, TICK } from '../../src/loop/deadlines.ts';

/** Deadlines by a clock of the test's, which goes on when it is told to. */
function startClock(onPanic: (error: unknown) => void = (error) => assert.fail(String(error))) {
  let time = 1000;
  const deadlines = new Deadlines(() => time, onPanic);
  return {
    deadlines,
    goOn(ms: number) {
      time += ms;
      deadlines.tick();
    },
  };
}

test('the owner of several hears of each when it comes, and of the cancelled ones never', (t) => {
  const { deadlines, goOn } = startClock();
  t.after(() => deadlines.stop());
  const heard: [which: string, now: number][] = [];
  const owner: DeadlineOwner = {
    expired: (deadline, now) => heard.push([[...names].find(([, one]) => one === deadline)![0], now]),
  };
  const names = new Map(['short', 'long', 'cancelled'].map((name) => [name, new Deadline(owner)]));
  deadlines.set(names.get('long')!, 500);
  deadlines.set(names.get('cancelled')!, 100);
  deadlines.set(names.get('short')!, 100);
  deadlines.cancel(names.get('cancelled')!);
  goOn(99);
  assert.deepEqual(heard, []);
  goOn(1);
  goOn(400);
  goOn(10_000);
  assert.deepEqual(heard, [
    ['short', 1100],
    ['long', 1500],
  ]);
});

test('one that has come, or was cancelled, can be set again', (t) => {
  const { deadlines, goOn } = startClock();
  t.after(() => deadlines.stop());
  let times = 0;
  const deadline: Deadline = new Deadline({
    expired() {
      if (++times < 3) deadlines.set(deadline, 50);
    },
  });
  deadlines.set(deadline, 50);
  deadlines.cancel(deadline);
  deadlines.cancel(deadline);
  deadlines.set(deadline, 20);
  for (let i = 0; i < 10; i++) goOn(50);
  assert.equal(times, 3);
});

test('of many with one duration any can be cancelled, and the others come in the order they were set', (t) => {
  const { deadlines, goOn } = startClock();
  t.after(() => deadlines.stop());
  const heard: number[] = [];
  const all = Array.from({ length: 9 }, (_, i) => new Deadline({ expired: () => heard.push(i) }));
  for (const deadline of all) deadlines.set(deadline, 30);
  for (const i of [0, 4, 8]) deadlines.cancel(all[i]!);
  goOn(30);
  assert.deepEqual(heard, [1, 2, 3, 5, 6, 7]);
});

test('an owner that throws costs no other deadline its turn', (t) => {
  const panics: unknown[] = [];
  const { deadlines, goOn } = startClock((error) => panics.push(error));
  t.after(() => deadlines.stop());
  const heard: string[] = [];
  const broken = new Error('broken');
  deadlines.set(
    new Deadline({
      expired() {
        throw broken;
      },
    }),
    10,
  );
  deadlines.set(new Deadline({ expired: () => heard.push('next') }), 10);
  goOn(10);
  assert.deepEqual([panics, heard], [[broken], ['next']]);
});

test('there is one alarm, for the first that is due; none when none is left', async (t) => {
  let now = 1000;
  let alarm: { readonly in: number; readonly ring: () => void } | undefined;
  const deadlines = new Deadlines(
    () => now,
    (error) => assert.fail(String(error)),
    (ring, ms) => {
      alarm = { in: ms, ring };
      return () => {
        alarm = undefined;
      };
    },
  );
  t.after(() => deadlines.stop());
  const heard: string[] = [];
  const named = (name: string) => new Deadline({ expired: () => heard.push(name) });
  const passes = async () => {
    now += alarm!.in;
    const { ring } = alarm!;
    alarm = undefined;
    ring();
    await turn();
  };
  const soon = named('soon');
  deadlines.set(named('late'), 90);
  assert.equal(alarm?.in, 91);
  deadlines.set(soon, 30);
  assert.equal(alarm?.in, 31);
  deadlines.set(named('first'), 60);
  deadlines.cancel(soon);
  await passes();
  assert.deepEqual([heard, alarm?.in], [[], 30]);
  await passes();
  assert.deepEqual([heard, alarm?.in], [['first'], 30]);
  await passes();
  assert.deepEqual([heard, alarm], [['first', 'late'], undefined]);
  deadlines.set(named('again'), 10);
  deadlines.set(named('close behind'), 12);
  await passes();
  assert.equal(alarm?.in, TICK, 'there is no alarm each millisecond');
  await passes();
  assert.deepEqual(heard.slice(2), ['again', 'close behind']);
});

test('many that come at once take turns of the loop, 2 ms of each, and none is left behind', async (t) => {
  let time = 0;
  const deadlines = new Deadlines(
    () => time,
    (error) => assert.fail(String(error)),
  );
  t.after(() => deadlines.stop());
  const heard = new Map<number, number>();
  for (const duration of [60, 4000]) {
    const owner: DeadlineOwner = {
      expired() {
        time += 0.02;
        heard.set(duration, (heard.get(duration) ?? 0) + 1);
      },
    };
    for (let i = 0; i < 1000; i++) deadlines.set(new Deadline(owner), duration);
  }
  time = 5000;
  for (let turns = 0; turns < 25; turns++) {
    const before = time;
    if (turns === 0) deadlines.tick();
    else await turn();
    assert.ok(time - before <= 2.2, `${time - before} ms in a turn`);
  }
  assert.deepEqual(
    [...heard],
    [
      [60, 1000],
      [4000, 1000],
    ],
  );
});
