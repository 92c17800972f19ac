// failure-detector.test — a process that hangs is told from one that waits for a processor, and by one that does so itself.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Arena, close, connectUdp, read, write } from 'node-reuseport';
import { FailureDetector, type Health, isLost } from '../../../ha/peers/failure-detector.ts';
import { RESTS } from '../../../ha/timing.ts';
import { RECORDS_BYTES, readsWord } from '../../../src/handover/arena-words.ts';
import { Journal } from '../../../src/handover/journal.ts';
import { openAt } from '../../lab/endpoints.ts';
import { freePort } from '../../lab/free-port.ts';
import { holdingsOf } from '../../lab/holdings.ts';
import { pretendedProcess } from '../../lab/pretended-process.ts';

const BEAT = 10_000;

/** How a twin fares that has been silent since BEAT, at each look. */
function silentTwin(t: TestContext, { inHand = false, every = 10, ownDelay = 12 } = {}) {
  const process = pretendedProcess(t);
  const arena = new Arena({ ring: 8, parked: 4, records: RECORDS_BYTES });
  const journal = new Journal(arena);
  journal.beat(BEAT);
  if (inHand) journal.takeCell(0);
  const holdings = holdingsOf('secondary', arena, process);
  t.after(() => holdings.close());
  const detector = new FailureDetector(holdings);
  let now = BEAT;
  /** Looks until it is found stuck, for `ms` milliseconds at most; returns for how long it was silent by then. */
  const stuckAfter = (ms: number, says: (silence: number) => void): number | undefined => {
    for (const end = now + ms; now < end; ) {
      now += every;
      says(now - BEAT);
      if (detector.look(now, false, true, ownDelay) === 'stuck') return now - BEAT;
    }
    return undefined;
  };
  const says =
    (state: string, share = 0) =>
    (silence: number) =>
      process.says(state, share * silence);
  return { process, holdings, stuckAfter, says };
}

test('one that is stopped, or sleeps, is stuck after 100 ms', (t) => {
  for (const state of ['T', 'S', 'D', 't']) {
    const { stuckAfter, says } = silentTwin(t);
    assert.equal(stuckAfter(1000, says(state)), 110, state);
  }
});

test('with a query in hand one that sleeps is stuck a little later, and one that is stopped is not', (t) => {
  for (const [state, ms] of [
    ['S', 140],
    ['T', 110],
  ] as const) {
    const { stuckAfter, says } = silentTwin(t, { inHand: true });
    assert.equal(stuckAfter(1000, says(state)), ms, state);
  }
});

test('one that runs in circles is stuck after 100 ms, and within 250 where it gets a third of a processor', (t) => {
  const whole = silentTwin(t);
  assert.equal(whole.stuckAfter(1000, whole.says('R', 1)), 110);
  const third = silentTwin(t);
  assert.ok(third.stuckAfter(1000, third.says('R', 1 / 3))! < 250);
});

test('one that waits for a processor is not stuck, however long, where we are late ourselves', (t) => {
  const { stuckAfter, says } = silentTwin(t, { every: 90, ownDelay: 6000 });
  assert.equal(stuckAfter(10_000, says('R', 0.004)), undefined);
});

test('where we have time left over it is taken over from after a second', (t) => {
  const { stuckAfter, says } = silentTwin(t);
  assert.equal(stuckAfter(10_000, says('R', 0.01)), 1010);
});

test('one that runs in circles at a tenth of a processor is found by the time it used', (t) => {
  const { stuckAfter, says } = silentTwin(t, { ownDelay: 90 });
  const ms = stuckAfter(10_000, says('R', 0.1))!;
  assert.ok(ms > 500 && ms < 600, `${ms} ms`);
});

test('of the time in which we did not run nothing is known: one long look is not enough', (t) => {
  const { stuckAfter, says } = silentTwin(t, { every: 90, ownDelay: 90 });
  assert.equal(stuckAfter(1000, says('S')), 270);
});

test('where the kernel counts in ticks alone, those are taken', (t) => {
  const { process, stuckAfter } = silentTwin(t);
  assert.equal(
    stuckAfter(1000, (silence) => process.says('R', 0, Math.floor(silence / 10))),
    110,
  );
});

test('a former peer that waits for a processor is not lost; one that sleeps for a second is', (t) => {
  for (const [state, lost] of [
    ['R', false],
    ['S', true],
  ] as const) {
    const { process, holdings } = silentTwin(t);
    process.says(state, 1);
    let found = false;
    for (let silence = 10; silence < 2000; silence += 10) found = isLost(holdings, BEAT + silence);
    assert.equal(found, lost, state);
    assert.equal(isLost(holdings, BEAT + 900), false, 'not yet');
  }
});

/** A twin that rests, at BEAT, looked at each 10 ms; and a datagram that waits in its socket from `send` on. */
async function restingTwin(t: TestContext) {
  const port = await freePort();
  const sockets = openAt(['127.0.0.1'], port);
  const process = pretendedProcess(t);
  const arena = new Arena({ ring: 8, parked: 4, records: RECORDS_BYTES });
  const journal = new Journal(arena);
  journal.rest(BEAT);
  const holdings = holdingsOf('secondary', arena, { ...process, sockets });
  const client = connectUdp({ address: '127.0.0.1', port });
  t.after(() => {
    holdings.close();
    close(client);
  });
  const detector = new FailureDetector(holdings);
  let now = BEAT;
  let isHelped = false;
  /** How it fares, each time it fares otherwise, and after how many milliseconds. */
  const fares = (ms: number): [Health, number][] => {
    const found: [Health, number][] = [];
    for (const from = now; now < from + ms; ) {
      now += 10;
      const health = detector.look(now, false, isHelped, 12);
      if (health === 'unread') isHelped = true;
      if (health !== found.at(-1)?.[0]) found.push([health, now - from]);
    }
    return found;
  };
  return {
    ...{ holdings, journal, fares },
    now: () => now,
    send: () => write(client, Buffer.from('x'), 0, 1),
    receive: () => read(sockets[0]!.udp, new Uint8Array(9), 0, 9),
  };
}

test('the silence of a twin that rests is no hang, until it has not beaten even once a call', async (t) => {
  const { fares } = await restingTwin(t);
  assert.deepEqual(fares(RESTS), [['well', 10]]);
  assert.deepEqual(
    fares(300).map(([health]) => health),
    ['well', 'stuck'],
  );
});

test('one that hangs while it rests is found by the first datagram: unread after 20 ms, stuck after 110', async (t) => {
  const { send, fares } = await restingTwin(t);
  fares(1000);
  send();
  assert.deepEqual(fares(300), [
    ['well', 10],
    ['unread', 30],
    ['well', 40],
    ['stuck', 120],
  ]);
});

test('one that reads what has come is well, also if it rests again in the same millisecond', async (t) => {
  const { journal, send, receive, fares, now } = await restingTwin(t);
  for (let i = 0; i < 20; i++) {
    send();
    assert.deepEqual(fares(10), [['well', 10]]);
    journal.work(now());
    receive();
    journal.countRead(readsWord(0, 'udp'));
    journal.rest(now());
  }
  assert.deepEqual(fares(RESTS), [['well', 10]]);
});

test('what waited for a twin that rests, and was read by another process, calls it no more', async (t) => {
  const { send, receive, fares } = await restingTwin(t);
  send();
  assert.deepEqual(fares(10), [['well', 10]]);
  receive();
  assert.deepEqual(fares(RESTS - 100), [['well', 10]]);
});

test('one whose channel has ended is lost after a second without a beat, whether it rests or not', async (t) => {
  const { holdings } = await restingTwin(t);
  const ended = BEAT + 2000;
  holdings.expectBeats(ended);
  let lostAfter: number | undefined;
  for (let ms = 10; ms < 2000; ms += 10) if (isLost(holdings, ended + ms)) lostAfter ??= ms;
  assert.ok(lostAfter !== undefined && lostAfter > 1000 && lostAfter < 1200, `${lostAfter}`);
});
