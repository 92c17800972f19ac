// slow-cluster-dns.test — a cluster DNS that answers a connection's questions in order, and takes long for some, holds up no others.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { addresses } from '../lab/message.ts';
import { type Lab, startLab } from '../lab/resolver.ts';
import { inOrder, plain, type Received, type Script } from '../lab/scripts.ts';
import { timed } from '../lab/timed.ts';
import { buildReply, flags } from '../lab/wire.ts';

const svc = (name: string | number) => `${name}.shop.svc.cluster.local`;
const genuine = ['192.0.2.1'];
const isSlow = ({ name }: Received) => name.includes('slow');

/** So many names, one each `interval` milliseconds; how long the slowest took. */
async function askOthers(lab: Lab, prefix: string, count: number, interval: number): Promise<number> {
  const asked = [];
  for (let i = 0; i < count; i++) {
    asked.push(timed(lab.ask(svc(`${prefix}${i}`))));
    await pause(interval);
  }
  const answers = await Promise.all(asked);
  for (const { value } of answers) assert.deepEqual(addresses(value), genuine);
  return Math.max(...answers.map(({ ms }) => ms));
}

describe('a cluster DNS that answers in order', { concurrency: true }, () => {
  test('a slow name is asked once, and others pass it by on another connection', async (t) => {
    const lab = await startLab(t, { cluster: inOrder((query) => (isSlow(query) ? 1000 : 2)) });
    await askOthers(lab, 'before', 5, 0);
    const slow = timed(lab.ask(svc('slow')));
    await lab.cluster.when(() => lab.cluster.asked(svc('slow')).length > 0, 'the slow name');
    const longest = await askOthers(lab, 'beside', 30, 10);
    assert(longest < 900, `${longest} ms`);
    const { value, ms } = await slow;
    assert.deepEqual(addresses(value), genuine);
    assert(ms < 1500, `${ms} ms`);
    assert.equal(lab.cluster.asked(svc('slow')).length, 1);
    assert(lab.cluster.connections <= 4, `${lab.cluster.connections} connections`);
  });

  for (const takes of [1000, 2500, 3200]) {
    test(`an answer that takes ${takes} ms takes so long, and is asked for once`, async (t) => {
      const lab = await startLab(t, { cluster: inOrder(() => takes) });
      const { value, ms } = await timed(lab.ask(svc('slow')));
      assert.deepEqual(addresses(value), genuine);
      assert(ms < takes + 500, `${ms} ms`);
      assert.equal(lab.cluster.asked(svc('slow')).length, 1);
    });
  }

  test('what is truncated over UDP and slow over TCP is asked for once there', async (t) => {
    const script: Script = (query, line) =>
      query.transport === 'udp'
        ? buildReply(query.bytes, { flags: flags.TC })
        : inOrder(() => 2500)(query, line);
    const lab = await startLab(t, { upstreams: [script] });
    const { value, ms } = await timed(lab.ask('x.example'));
    assert.deepEqual(addresses(value), genuine);
    assert(ms < 3000, `${ms} ms`);
    assert.equal(lab.upstream.asked('x.example').filter(({ transport }) => transport === 'tcp').length, 1);
  });

  test('names that it never answers make no others fail or wait', async (t) => {
    const lab = await startLab(t, {
      cluster: inOrder((query) => (isSlow(query) ? Number.POSITIVE_INFINITY : 2)),
    });
    await askOthers(lab, 'before', 5, 0);
    const silent = [];
    for (let i = 0; i < 3; i++) {
      silent.push(lab.ask(svc(`slow${i}`)));
      const longest = await askOthers(lab, `beside${i}-`, 10, 100);
      assert(longest < 900, `${longest} ms`);
    }
    await Promise.all(silent);
  });

  test('reverse names that it never answers leave a connection to the cluster domain', async (t) => {
    const lab = await startLab(t, {
      cluster: inOrder(({ name }) => (name.includes('arpa') ? Number.POSITIVE_INFINITY : 2)),
    });
    const silent = Array.from({ length: 20 }, (_, i) => lab.ask(`${i}.0.0.10.in-addr.arpa`));
    await lab.cluster.when(() => lab.cluster.connections >= 3, 'three connections');
    const longest = await askOthers(lab, 'beside', 10, 20);
    assert(longest < 900, `${longest} ms`);
    await Promise.all(silent);
  });
});

test('a server that closes its connection after each reply gets every question answered', async (t) => {
  const lab = await startLab(t, {
    cluster: (query, line) => {
      line.send(plain(query, line) as Buffer);
      line.close();
      return undefined;
    },
  });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => lab.ask(svc(i))));
  for (const answer of answers) assert.deepEqual(addresses(answer), genuine);
});

test('a reply and the reset right behind it are a reply', async (t) => {
  const lab = await startLab(t, {
    cluster: (query, line) => {
      line.send(plain(query, line) as Buffer);
      setImmediate(() => line.reset());
      return undefined;
    },
  });
  for (const name of ['one', 'two', 'three']) assert.deepEqual(addresses(await lab.ask(svc(name))), genuine);
});
