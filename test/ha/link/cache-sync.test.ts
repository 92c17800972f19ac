// cache-sync.test — answers travel between two resolvers; a bad one, a slow twin and a full queue cost nothing but the answers.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { CacheSync, NewKeys } from '../../../ha/link/cache-sync.ts';
import { type BulkSender, FILLS, LONGEST_FILLS } from '../../../ha/link/protocol.ts';
import { NEWS_APART } from '../../../ha/timing.ts';
import { LabClock } from '../../lab/clock.ts';
import { addresses, ttls } from '../../lab/message.ts';
import { a, manyAddresses, opaque, soa } from '../../lab/records.ts';
import { Lab, startLabResolver } from '../../lab/resolver.ts';
import { ScriptedUpstream } from '../../lab/scripted-upstream.ts';
import { failing, plain, replying, type Script, silent } from '../../lab/scripts.ts';
import { rcodes, types } from '../../lab/wire.ts';

/** A channel whose other end reads when the test lets it. */
class Wire implements BulkSender {
  readonly sent: Buffer[] = [];
  open = true;
  #ready: (() => void) | undefined;

  sendBulk(bytes: Uint8Array, length: number): boolean {
    if (this.open) this.sent.push(Buffer.from(bytes.subarray(0, length)));
    return this.open;
  }

  whenReady(task: () => void): void {
    this.#ready = task;
  }

  soon(task: () => void): void {
    this.#ready = task;
  }

  /** Hands over what there is to `twin`; returns the messages. */
  async carry(twin?: CacheSync): Promise<readonly Buffer[]> {
    await new Promise((resolve) => setTimeout(resolve, NEWS_APART + 10));
    for (let task = this.#ready; task !== undefined; task = this.#ready) {
      this.#ready = undefined;
      task();
      if (!this.open) break;
    }
    const messages = this.sent.splice(0);
    for (const message of messages) twin?.receive(message, message.length);
    return messages;
  }
}

interface Side {
  readonly lab: Lab;
  readonly fills: CacheSync;
  readonly wire: Wire;
}

/** Two resolvers with a clock in common and one upstream each. */
async function twins(
  t: TestContext,
  scripts: readonly [Script, Script] = [plain, plain],
): Promise<[Side, Side]> {
  const clock = new LabClock();
  const side = async (script: Script): Promise<Side> => {
    const upstream = await ScriptedUpstream.start(script);
    const { resolver, endpoint } = await startLabResolver({ upstreams: [upstream.endpoint] }, clock);
    const lab = new Lab(resolver, clock, endpoint, [upstream], undefined);
    const wire = new Wire();
    const fills = new CacheSync(resolver.handover.cache, wire);
    t.after(() => {
      fills.stop();
      return lab.stop();
    });
    return { lab, fills, wire };
  };
  return [await side(scripts[0]), await side(scripts[1])];
}

const asked = (side: Side, name: string) => side.lab.upstream.asked(name).length;

describe('between twins', { concurrency: true }, () => {
  test('an answer one got is a hit at the other, with the same TTL left, and is not told back', async (t) => {
    const [one, other] = await twins(t);
    for (const side of [one, other]) side.fills.start();
    await one.lab.ask('x.example');
    one.lab.clock.skip(10);
    await one.wire.carry(other.fills);
    const [here, there] = [await one.lab.ask('x.example'), await other.lab.ask('x.example')];
    assert.deepEqual([addresses(there), ttls(there)], [addresses(here), ttls(here)]);
    assert.equal(asked(other, 'x.example'), 0);
    assert.equal((await other.wire.carry()).length, 0);
    assert.deepEqual(one.fills.counters, { sent: 1, dropped: 0, received: 0, taken: 0, rejected: 0 });
    assert.deepEqual(other.fills.counters, { sent: 0, dropped: 0, received: 1, taken: 1, rejected: 0 });
  });

  test('denials travel', async (t) => {
    const nothing = replying({ rcode: rcodes.NXDOMAIN, authority: [soa({ owner: 'example' })] });
    const [one, other] = await twins(t, [nothing, failing()]);
    one.fills.start();
    await one.lab.ask('none.example');
    await one.wire.carry(other.fills);
    assert.equal((await other.lab.ask('none.example')).rcode, rcodes.NXDOMAIN);
  });

  test('a failure one met is one at the other, for what is left of its time, and takes no place of an answer', async (t) => {
    const [one, other] = await twins(t, [failing(rcodes.REFUSED), plain]);
    for (const side of [one, other]) side.fills.start();
    await other.lab.ask('known.example');
    for (const name of ['failed.example', 'known.example']) await one.lab.ask(name);
    one.lab.clock.skip(3);
    await one.wire.carry(other.fills);
    assert.equal((await other.lab.ask('failed.example')).rcode, rcodes.REFUSED);
    assert.equal(asked(other, 'failed.example'), 0);
    assert.deepEqual(addresses(await other.lab.ask('known.example')), ['192.0.2.1']);
    one.lab.clock.skip(3);
    assert.deepEqual(addresses(await other.lab.ask('failed.example')), ['192.0.2.1']);
  });

  test('of a message with more records than any of ours has the first are looked at, and no others', async (t) => {
    const [one, other] = await twins(t);
    one.fills.start();
    await one.lab.ask('x.example');
    const [message] = await one.wire.carry();
    const [head, record] = [message!.subarray(0, 2), message!.subarray(2)];
    const many = Buffer.concat([head, ...Array<Buffer>(600).fill(record)]);
    other.fills.receive(many, many.length);
    const { received, rejected, taken } = other.fills.counters;
    assert.deepEqual({ received, rejected, taken }, { received: 500, rejected: 1, taken: 1 });
  });

  test('a newcomer gets what its twin had before it came, stale answers too', async (t) => {
    const [one, other] = await twins(t, [plain, silent]);
    for (let i = 0; i < 300; i++) await one.lab.ask(`n${i}.example`);
    one.lab.clock.skip(40);
    await one.lab.ask('late.example');
    one.fills.start();
    await one.wire.carry(other.fills);
    assert.equal(other.fills.counters.taken, 301);
    assert.equal(other.fills.counters.rejected, 0);
    assert.deepEqual(addresses(await other.lab.ask('late.example')), ['192.0.2.1']);
    assert.deepEqual(addresses(await other.lab.ask('n7.example')), ['192.0.2.1']); // nobody answers it
  });

  test('an answer that comes from the twin while ours is failing is used', async (t) => {
    const [one, other] = await twins(t, [plain, silent]);
    one.fills.start();
    const waiting = other.lab.ask('x.example');
    await other.lab.upstream.received(1);
    await one.lab.ask('x.example');
    await one.wire.carry(other.fills);
    assert.deepEqual(addresses(await waiting), ['192.0.2.1']);
    assert.deepEqual(addresses(await other.lab.ask('x.example')), ['192.0.2.1']);
  });

  test('a refresh of the twin makes ours needless', async (t) => {
    const [one, other] = await twins(t);
    for (const side of [one, other]) side.fills.start();
    await other.lab.ask('hot.example');
    await other.wire.carry(one.fills);
    one.lab.clock.skip(31);
    await one.lab.ask('hot.example');
    await one.wire.carry(other.fills);
    for (let i = 0; i < 5; i++) await other.lab.ask('hot.example');
    assert.deepEqual([asked(one, 'hot.example'), asked(other, 'hot.example')], [1, 1]);
  });

  test('names that both are asked for all the while are asked for once, not by each', async (t) => {
    const [one, other] = await twins(t);
    const sides = [one, other];
    const names = Array.from({ length: 20 }, (_, i) => `hot${i}.example`);
    const askBoth = async () => {
      await Promise.all(names.flatMap((name) => sides.map(({ lab }) => lab.ask(name))));
      for (const { lab } of sides) await lab.settled();
    };
    const tellBoth = () => Promise.all([one.wire.carry(other.fills), other.wire.carry(one.fills)]);
    /** By how many of the two each was asked for since it was last looked; a busy upstream may have been asked again. */
    const askers = () => {
      const all = sides.map(({ lab }) => names.filter((name) => lab.upstream.asked(name).length > 0).length);
      for (const { lab } of sides) lab.upstream.log.length = 0;
      return all.reduce((sum, count) => sum + count, 0);
    };
    for (const { fills } of sides) fills.start();
    for (const [i, name] of names.entries()) await sides[i % 2]!.lab.ask(name);
    await tellBoth();
    assert.equal(askers(), names.length);
    for (let life = 0; life < 3; life++) {
      for (let i = 0; i < 3; i++) await askBoth();
      one.lab.clock.skip(27.5); // within the last tenth of 30 s
      await askBoth();
      await tellBoth();
      assert.equal(askers(), names.length);
    }
  });

  test('an answer that its asker does not renew is renewed by the twin, in the last quarter of the time for that', async (t) => {
    const [one, other] = await twins(t);
    for (const side of [one, other]) side.fills.start();
    await one.lab.ask('hot.example');
    await one.wire.carry(other.fills);
    const ask = async () => {
      await other.lab.ask('hot.example');
      await other.lab.settled();
      return asked(other, 'hot.example');
    };
    for (let i = 0; i < 4; i++) await ask();
    one.lab.clock.skip(27.6);
    assert.equal(await ask(), 0);
    one.lab.clock.skip(1.8);
    assert.equal(await ask(), 1);
  });

  test('one bad entry costs itself only', async (t) => {
    const [one, other] = await twins(t);
    one.fills.start();
    for (const name of ['a.example', 'b.example', 'c.example']) await one.lab.ask(name);
    const [message] = await one.wire.carry();
    const length = (message!.length - 2) / 3;
    message!.fill(0xff, 2 + length + 12, 2 + 2 * length); // the second's wire form
    other.fills.receive(message!, message!.length);
    const { taken, rejected } = other.fills.counters;
    assert.deepEqual([taken, rejected], [2, 1]);
    await other.lab.ask('a.example');
    await other.lab.ask('c.example');
    assert.deepEqual([asked(other, 'a.example'), asked(other, 'c.example')], [0, 0]);
  });

  test('a message that ends too early, or holds nothing, is survived', async (t) => {
    const [one, other] = await twins(t);
    one.fills.start();
    await one.lab.ask('a.example');
    const [message] = await one.wire.carry();
    for (let length = 1; length < message!.length; length++) {
      other.fills.receive(Buffer.from(message!), length);
    }
    assert.deepEqual([other.fills.counters.taken, other.fills.counters.received], [0, 0]);
    other.fills.receive(message!, message!.length);
    assert.equal(other.fills.counters.taken, 1);
  });

  test('an answer of 64 KB goes in a message of its own', async (t) => {
    const big = replying(({ type }) => ({
      answer: type === types.TXT ? [opaque(types.TXT, Buffer.alloc(65_000, 200))] : [a('10.0.0.1')],
    }));
    const cut: Script = (query, line) =>
      query.transport === 'udp' && query.type === types.TXT
        ? replying({ flags: 0x0200 })(query, line)
        : big(query, line);
    const [one, other] = await twins(t, [cut, silent]);
    one.fills.start();
    for (const name of ['a.example', 'b.example']) await one.lab.ask(name);
    await one.lab.ask({ name: 'big.example', type: types.TXT }, 'tcp');
    await one.lab.ask('c.example');
    const messages = await one.wire.carry(other.fills);
    assert.ok(messages.every(({ length }) => length <= LONGEST_FILLS));
    assert.equal(
      (await other.lab.ask({ name: 'big.example', type: types.TXT }, 'tcp')).answer[0]?.rdata.length,
      65_000,
    );
    assert.equal(other.fills.counters.taken, 4);
  });

  test('messages hold many answers, and stay short enough to be judged in a moment', async (t) => {
    const [one] = await twins(t, [replying({ answer: manyAddresses(10) }), plain]);
    for (let i = 0; i < 1500; i++) await one.lab.ask(`n${i}.example`);
    one.fills.start();
    const messages = await one.wire.carry();
    assert.ok(messages.every((message) => message.length <= 32 << 10 && message[0] === FILLS));
    assert.ok(messages.length < 15, `${messages.length} messages`);
  });

  test('what the twin does not take now goes when it does', async (t) => {
    const [one, other] = await twins(t);
    one.fills.start();
    one.wire.open = false;
    await one.lab.ask('a.example');
    await one.wire.carry(other.fills);
    assert.equal(one.fills.counters.sent, 0);
    one.wire.open = true;
    await one.wire.carry(other.fills);
    assert.deepEqual([one.fills.counters.sent, other.fills.counters.taken], [1, 1]);
  });

  test('after the end nothing is told any more', async (t) => {
    const [one] = await twins(t);
    one.fills.start();
    await one.wire.carry();
    one.fills.stop();
    await one.lab.ask('a.example');
    assert.equal((await one.wire.carry()).length, 0);
  });
});

test('keys that wait are bounded in bytes; the ones that came first stay', () => {
  const keys = new NewKeys(10_000);
  let added = 0;
  while (keys.add(`key ${added}`)) added++;
  assert.ok(added > 200 && added < 312, `${added}`);
  for (let i = 0; i < added; i++, keys.pass()) assert.equal(keys.first(), `key ${i}`);
  assert.equal(keys.first(), undefined);
  for (let i = 0; i < 100_000; i++) {
    assert.ok(keys.add(`again ${i}`)); // room comes back with each key passed
    assert.equal(keys.first(), `again ${i}`);
    keys.pass();
  }
});
