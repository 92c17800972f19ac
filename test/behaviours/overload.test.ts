// overload.test — floods: memory stays within bounds, cached names stay fast, and it passes (section S, in small).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses } from '../lab/message.ts';
import { manyAddresses, soa } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { cutting, plain, replying, type Script } from '../lab/scripts.ts';
import { timed } from '../lab/timed.ts';
import { buildQuery, rcodes } from '../lab/wire.ts';

test('20,000 random names at a silent upstream: cached names stay fast, recovery is quick', async (t) => {
  const script: Script = (query, line) => (query.name.includes('flood') ? undefined : plain(query, line));
  const lab = await startLab(t, { upstreams: [script] });
  await lab.ask('cached.example');
  const attacker = await lab.udp();
  const before = process.memoryUsage.rss();
  for (let round = 0; round < 100; round++) {
    for (let i = 0; i < 200; i++) attacker.send(buildQuery({ name: `r${round}-${i}.flood.example` }));
    const { value, ms } = await timed(lab.ask('cached.example'));
    assert.deepEqual(addresses(value), ['192.0.2.1']);
    assert(ms < 300, `${ms} ms`);
  }
  assert(lab.resolver.status().inFlight <= 10_000);
  assert(process.memoryUsage.rss() - before < 150 * 2 ** 20);
  lab.upstream.script = plain;
  await lab.settled(10_000);
  const { value, ms } = await timed(lab.ask('afterwards.example'));
  assert.deepEqual(addresses(value), ['192.0.2.1']);
  assert(ms < 1000, `${ms} ms`);
});

test('answers of 60 KB: the cache stays within its bytes', async (t) => {
  const lab = await startLab(t, {
    cluster: cutting({ answer: manyAddresses(3700) }),
    config: { cacheBytes: 4 * 2 ** 20 },
  });
  const client = await lab.tcp();
  for (let round = 0; round < 30; round++) {
    const queries = Array.from({ length: 10 }, (_, id) =>
      buildQuery({ id, name: `big-${round}-${id}.cluster.local` }),
    );
    client.send(...queries);
    for (const _ of queries) assert.equal((await client.next()).readUInt8(3) & 15, rcodes.NOERROR);
    const { bytes, maxBytes } = lab.resolver.status().cache;
    assert(bytes <= maxBytes, `${bytes} of ${maxBytes}`);
  }
});

test('names asked all the time, and absent names, do not push each other out', async (t) => {
  const lab = await startLab(t, {
    upstreams: [
      replying(({ name }) =>
        name.includes('absent')
          ? { rcode: rcodes.NXDOMAIN, authority: [soa({ owner: 'example' })] }
          : { answer: manyAddresses(1) },
      ),
    ],
    config: { cacheBytes: 2 ** 20 },
  });
  await lab.ask('popular.example');
  const client = await lab.udp();
  for (let round = 0; round < 60; round++) {
    for (const kind of ['absent', 'once']) {
      for (let id = 0; id < 100; id++) {
        client.send(buildQuery({ id, name: `${kind}-${round}-${id}.example` }));
        if (id % 20 === 19) for (let i = 0; i < 20; i++) await client.next();
      }
    }
    await lab.ask('popular.example');
  }
  assert.equal(lab.upstream.asked('popular.example').length, 1);
});
