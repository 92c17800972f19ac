// bulk.test — over a real channel: a twin that never reads, one that sends rubbish, and what must be told all the same.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { accept, close, connectChannel, listenChannel, sendMessage } from 'node-reuseport';
import { CacheSync } from '../../../ha/link/cache-sync.ts';
import { Channel, type ChannelListener } from '../../../ha/link/channel.ts';
import { type Message, PROTOCOL_VERSION } from '../../../ha/link/protocol.ts';
import { FILLS_AT_MOST, NEWS_APART } from '../../../ha/timing.ts';
import { CacheShare } from '../../../src/cache/cache-share.ts';
import { Entries } from '../../../src/cache/entries.ts';
import type { RecordReader } from '../../../src/cache/entry-record.ts';
import { judge } from '../../../src/cache/verdict.ts';
import { EventLoop } from '../../../src/loop/event-loop.ts';
import { cacheUpTo } from '../../lab/cache-plan.ts';
import { a } from '../../lab/records.ts';
import { buildQuery, buildReply, questionOf } from '../../lab/wire.ts';

const zone = { index: 0, cache: cacheUpTo(30), suffix: '\0' };
const now = 1_000_000;
const reader: RecordReader = { zone: () => zone, now: () => now, wallSeconds: () => 1.7e9 };
const leaving: Message = {
  type: 'leaving',
  protocol: PROTOCOL_VERSION,
  slot: 'primary',
  pid: 1,
  instance: 'one',
  version: '0',
  own: [],
  yours: [],
};

/** A cache with somebody to share it with. */
class Party implements ChannelListener {
  readonly cache = new Entries(64 << 20, () => {});
  readonly share = new CacheShare(this.cache, () => zone.suffix, reader);
  readonly heard: Message[] = [];
  readonly channel: Channel;
  readonly fills: CacheSync;
  /** Messages taken in one turn, at most; and in all. */
  most = 0;
  taken = 0;
  #turn = 0;

  constructor(fd: number, loop: EventLoop) {
    this.channel = new Channel(fd, loop, this);
    this.fills = new CacheSync(this.share, this.channel);
  }

  learn(count: number): void {
    for (let i = 0; i < count; i++) {
      const query = buildQuery({ name: `n${this.cache.counts.success}.example` });
      const bytes = buildReply(query, { answer: [a('10.0.0.1')] });
      const question = questionOf(query);
      const verdict = judge(
        { bytes, start: 0, length: bytes.length, nameLength: question.length - 4 },
        zone,
        now,
        () => 1.7e9,
      );
      assert.ok(verdict.outcome === 'answer');
      this.cache.store(`${question.subarray(0, -2).toString('latin1')}\0`, verdict.entry);
    }
  }

  message(_channel: Channel, message: Message): void {
    this.heard.push(message);
  }

  binary(_channel: Channel, bytes: Uint8Array): void {
    const { length } = bytes;
    this.most = Math.max(this.most, ++this.#turn);
    this.taken++;
    queueMicrotask(() => {
      this.#turn = 0;
    });
    this.fills.receive(bytes, length);
  }

  ended(): void {}
}

let names = 0;

/** One party, and the other end of its channel. */
function meet(t: TestContext) {
  const name = `twindns/test/bulk/${process.pid}/${names++}`;
  const listening = listenChannel(name);
  const fd = connectChannel(name);
  const accepted = accept(listening, new Uint8Array(28));
  close(listening);
  const loop = new EventLoop((error) => {
    throw error;
  });
  const parties = [new Party(fd, loop)];
  const party = parties[0]!;
  t.after(() => {
    party.fills.stop();
    for (const { channel } of parties) channel.close();
    loop.close();
  });
  /** A party at the other end, too. */
  const answer = () => {
    parties.push(new Party(accepted, loop));
    return parties[1]!;
  };
  return { party, accepted, answer };
}

async function until(true_: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !true_(); waited += 5) {
    assert.ok(waited < 10_000, `waited 10 s for ${what}`);
    await pause(5);
  }
}

test('for a twin that never reads little is kept, nothing waits, and there is room for what must be told', async (t) => {
  const { party, accepted } = meet(t);
  t.after(() => close(accepted));
  party.learn(40_000); // far more than the socket takes
  party.fills.start();
  const { counters } = party.fills;
  let toldBefore = 0;
  do {
    toldBefore = counters.sent;
    await pause(FILLS_AT_MOST + 50);
  } while (counters.sent > toldBefore);
  assert.ok(toldBefore > 100 && toldBefore < 20_000, `${toldBefore} were told`);
  for (let i = 0; i < 30; i++) {
    party.learn(1000);
    await pause(1);
  }
  assert.equal(counters.sent, toldBefore);
  assert.ok(counters.dropped > 5000, `${counters.dropped} were dropped`);
  for (let i = 0; i < 10; i++) assert.ok(party.channel.send(leaving), `message ${i}`);
});

test('a twin that reads gets everything, one message a turn, and hears what it is told', async (t) => {
  const { party, answer } = meet(t);
  const twin = answer();
  party.learn(20_000);
  party.fills.start();
  await until(() => twin.cache.counts.success === 20_000, 'the whole cache');
  assert.ok(party.channel.send(leaving));
  party.learn(500);
  await until(() => twin.cache.counts.success === 20_500, 'the new answers');
  assert.deepEqual([twin.heard.length, twin.most], [1, 1]);
  assert.deepEqual([twin.fills.counters.rejected, party.fills.counters.dropped], [0, 0]);
});

test('a new answer is told in the turn that brings it, those soon after it together, and many at once', async (t) => {
  const { party, answer } = meet(t);
  const twin = answer();
  party.fills.start();
  const { counters } = party.fills;
  party.learn(1);
  await until(() => twin.taken === 1, 'the first answer'); // before that it is not known whether there is room
  await pause(NEWS_APART + 10);
  party.learn(1);
  assert.equal(counters.sent, 1);
  await Promise.resolve(); // the end of this turn
  assert.equal(counters.sent, 2);
  for (let i = 0; i < 3; i++) {
    party.learn(1);
    await Promise.resolve();
  }
  assert.equal(counters.sent, 2);
  await until(() => twin.cache.counts.success === 5, 'the next ones');
  assert.equal(twin.taken, 3);
  party.learn(150);
  await Promise.resolve();
  assert.equal(counters.sent, 155);
});

test('when the channel is gone, nothing is kept for it', async (t) => {
  const { party, accepted } = meet(t);
  t.after(() => close(accepted));
  party.fills.start();
  party.fills.stop();
  party.learn(40_000);
  assert.equal(party.fills.counters.dropped, 0); // which they would be, beyond what may wait
});

test('new answers may push out old ones; those of the whole cache only take room that is free', (t) => {
  const { party, accepted } = meet(t);
  t.after(() => close(accepted));
  party.learn(2000);
  let evicted = 0;
  const small = new Entries(200_000, () => evicted++);
  const share = new CacheShare(small, () => zone.suffix, reader);
  const fills = new CacheSync(share, party.channel);
  const tell = (kind: number, from: number) => {
    const message = Buffer.alloc(1 << 17);
    message.set([2, kind]);
    let end = 2;
    for (const key of [...(party.share.keys() as Generator<string>)].slice(from, from + 500))
      end = party.share.write(key, message, end, message.length);
    const before = fills.counters.taken;
    fills.receive(message, end);
    return fills.counters.taken - before;
  };
  const free = tell(1, 0);
  assert.ok(free > 100 && free < 500 && evicted === 0, `${free} taken, ${evicted} evicted`);
  assert.equal(tell(0, 1000), 500);
  assert.ok(evicted > 0);
});

test('rubbish between answers is counted, and the channel goes on', async (t) => {
  const { party, accepted } = meet(t);
  t.after(() => close(accepted));
  const rubbish = [[2], [2, 0], [2, 0, 1, 2, 3], [2, 255, ...Array(60_000).fill(255)], [3, 7], [0]];
  for (const bytes of rubbish) sendMessage(accepted, Uint8Array.from(bytes), bytes.length, new Int32Array(0));
  const text = Buffer.from(JSON.stringify(leaving));
  sendMessage(accepted, text, text.length, new Int32Array(0));
  await until(() => party.heard.length === 1, 'the message behind the rubbish');
  assert.deepEqual([party.fills.counters.rejected, party.cache.counts.success], [2, 0]);
});
