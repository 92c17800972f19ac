// reply-rules.test — what a block says of its replies: their flags, their length, the order of addresses, the name of the server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockPlan, Plan } from '../../src/plan/plan.ts';
import { Shuffled } from '../../src/zone/answer-order.ts';
import { addresses, type Message } from '../lab/message.ts';
import { manyAddresses, txt } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { replying } from '../lab/scripts.ts';
import { flags, options } from '../lab/wire.ts';

/** The plan of flags with something else in each block. */
function changed(change: Partial<BlockPlan>): (plan: Plan) => Plan {
  return (plan) => ({
    ...plan,
    listeners: plan.listeners.map(({ at, zones }) => ({
      at,
      zones: zones.map(({ suffix, block }) => ({ suffix, block: { ...block, ...change } })),
    })),
  });
}

const transports = ['udp', 'tcp'] as const;

test('the name of the server is told to clients that ask for it, from the cache, too, and to no others', async (t) => {
  const lab = await startLab(t, { plan: changed({ nsid: 'node seven' }) });
  const told = ({ edns }: Message) => edns?.options.map(({ code, data }) => `${code} ${data.toString()}`);
  const asks = { edns: { options: [{ code: options.NSID, data: Buffer.alloc(0) }] } };
  for (const transport of transports) {
    const name = `${transport}.example`;
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(told(await lab.ask({ name, ...asks }, transport)), [`${options.NSID} node seven`]);
      assert.deepEqual(told(await lab.ask({ name, edns: {} }, transport)), []);
      assert.equal(told(await lab.ask({ name }, transport)), undefined);
    }
  }
});

test('flags are as the block has them', async (t) => {
  const lab = await startLab(t, { plan: changed({ flags: { set: flags.AA, clear: flags.RA | flags.RD } }) });
  for (const transport of transports)
    for (let i = 0; i < 3; i++) {
      const { aa, ra, rd, qr } = await lab.ask('a.example', transport);
      assert.deepEqual({ aa, ra, rd, qr }, { aa: true, ra: false, rd: false, qr: true });
    }
});

test('no answer over UDP is longer than the block says', async (t) => {
  const upstreams = [replying({ answer: [txt({}, 'x'.repeat(250), 'y'.repeat(250), 'z'.repeat(250))] })];
  const lab = await startLab(t, { upstreams, plan: changed({ udpSize: 700 }) });
  for (const name of ['a.example', 'a.example']) {
    const { tc, bytes } = await lab.ask({ name, edns: { size: 4096 } });
    assert.deepEqual([tc, bytes.length <= 700], [true, true]);
  }
  assert.equal((await lab.ask('a.example', 'tcp')).answer.length, 1);
});

test('a block that keeps TTLs shows what came, from the cache, too', async (t) => {
  const keepTtl = (plan: Plan) => {
    const { cache } = plan.listeners[0]!.zones[0]!.block;
    return changed({ cache: { ...cache!, keepTtl: true } })(plan);
  };
  const lab = await startLab(t, {
    upstreams: [replying({ answer: manyAddresses(1, { ttl: 20 }) })],
    plan: keepTtl,
  });
  for (const transport of transports)
    for (let i = 0; i < 4; i++) {
      assert.equal((await lab.ask('a.example', transport)).answer[0]!.ttl, 20);
      lab.clock.skip(2);
    }
  assert.equal(lab.upstream.log.length, 1);
});

test('each query gets the addresses in an order of its own', async (t) => {
  const upstreams = [replying({ answer: manyAddresses(4) })];
  const lab = await startLab(t, { upstreams, plan: changed({ order: new Shuffled([], Math.random) }) });
  for (const transport of transports) {
    const seen = new Set<string>();
    for (let i = 0; i < 40; i++) seen.add(addresses(await lab.ask('a.example', transport)).join(' '));
    assert.ok(seen.size > 5, `${seen.size} orders`);
  }
  assert.equal(lab.upstream.log.length, 1);
});
