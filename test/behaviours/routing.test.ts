// routing.test — which names go to the cluster DNS, and what that means to pods (section R).

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addresses, nameText } from '../lab/message.ts';
import { a, cname, opaque, soa } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { ScriptedUpstream } from '../lab/scripted-upstream.ts';
import { failing, inTurn, replying, silent } from '../lab/scripts.ts';
import { timed } from '../lab/timed.ts';
import { type Name, nameBytes, rcodes, types, words } from '../lab/wire.ts';

const outside = replying({ answer: [a('192.0.2.1')] });
const inside = replying({ answer: [a('10.96.0.1')] });
const absent = (owner: string) =>
  replying({ rcode: rcodes.NXDOMAIN, authority: [soa({ owner, minimum: 30 })] });

const routes: readonly [name: Name, where: 'inside' | 'outside'][] = [
  ['cluster.local', 'inside'],
  ['A.CLUSTER.local', 'inside'],
  ['x.svc.Cluster.Local', 'inside'],
  ['4.3.2.10.in-addr.arpa', 'inside'],
  ['IN-ADDR.ARPA', 'inside'],
  ['1.0.0.0.ip6.arpa', 'inside'],
  ['xcluster.local', 'outside'],
  ['cluster.local.example.com', 'outside'],
  ['cluster.locale', 'outside'],
  ['local', 'outside'],
  ['arpa', 'outside'],
  ['xin-addr.arpa', 'outside'],
  [['x.cluster', 'local'], 'outside'],
  [['x', 'cluster.local'], 'outside'],
  [['x', 'cluster\0local'], 'outside'],
];
for (const [name, where] of routes) {
  test(`${nameText(nameBytes(name))} is asked ${where}`, async (t) => {
    const lab = await startLab(t, { upstreams: [outside], cluster: inside });
    const reply = await lab.ask({ name });
    assert.deepEqual(addresses(reply), [where === 'inside' ? '10.96.0.1' : '192.0.2.1']);
    const [server, other] = where === 'inside' ? [lab.cluster, lab.upstream] : [lab.upstream, lab.cluster];
    assert.deepEqual([server.asked(name).length, other.asked(name).length], [1, 0]);
    assert.equal(server.asked(name)[0]?.transport, where === 'inside' ? 'tcp' : 'udp');
  });
}

test('the root is asked outside', async (t) => {
  const lab = await startLab(t, { upstreams: [outside], cluster: inside });
  assert.equal((await lab.ask({ name: '.', type: types.NS })).rcode, rcodes.NOERROR);
  assert.equal(lab.cluster.asked('.', types.NS).length, 0);
});

test('without a cluster DNS everything is asked outside', async (t) => {
  const lab = await startLab(t, { upstreams: [outside] });
  assert.deepEqual(addresses(await lab.ask('x.svc.cluster.local')), ['192.0.2.1']);
});

test('another cluster domain', async (t) => {
  const lab = await startLab(t, {
    upstreams: [outside],
    cluster: inside,
    config: { clusterDomain: 'k8s.corp.example' },
  });
  assert.deepEqual(addresses(await lab.ask('x.svc.K8s.corp.example')), ['10.96.0.1']);
  assert.deepEqual(addresses(await lab.ask('x.svc.cluster.local')), ['192.0.2.1']);
});

describe('when the cluster DNS is gone', { concurrency: true }, () => {
  test('closed: cluster names get SERVFAIL and never leak', async (t) => {
    const gone = await ScriptedUpstream.start();
    await gone.stop();
    const lab = await startLab(t, { upstreams: [outside], config: { clusterDns: [gone.endpoint] } });
    const { value, ms } = await timed(lab.ask('x.svc.cluster.local'));
    assert.equal(value.rcode, rcodes.SERVFAIL);
    assert(ms < 4500, `${ms} ms`);
    assert.deepEqual(lab.upstream.asked('x.svc.cluster.local'), []);
    assert.deepEqual(addresses(await lab.ask('x.example')), ['192.0.2.1']);
  });

  test('silent: SERVFAIL in time, outside names unharmed meanwhile', async (t) => {
    const lab = await startLab(t, { upstreams: [outside], cluster: silent });
    const waiting = timed(lab.ask('x.svc.cluster.local'));
    const { ms } = await timed(lab.ask('x.example'));
    assert(ms < 300, `${ms} ms`);
    const { value, ms: slow } = await waiting;
    assert.equal(value.rcode, rcodes.SERVFAIL);
    assert(slow < 4500, `${slow} ms`);
    assert.deepEqual(lab.upstream.asked('x.svc.cluster.local'), []);
  });

  test('failing: an expired Service address is still served', async (t) => {
    const lab = await startLab(t, { cluster: replying({ answer: [a('10.96.0.7', { ttl: 5 })] }) });
    await lab.ask('web.shop.svc.cluster.local');
    lab.clock.skip(40);
    lab.cluster.script = failing();
    assert.deepEqual(addresses(await lab.ask('web.shop.svc.cluster.local')), ['10.96.0.7']);
    assert.deepEqual(lab.upstream.asked('web.shop.svc.cluster.local'), []);
  });
});

test('a new Service is visible 5 s after its absence was cached, whatever the SOA says', async (t) => {
  const lab = await startLab(t, { cluster: inTurn(absent('cluster.local'), inside) });
  const name = 'new.shop.svc.cluster.local';
  for (const _ of ['miss', 'hit']) assert.equal((await lab.ask(name)).rcode, rcodes.NXDOMAIN);
  lab.clock.skip(5.1);
  assert.deepEqual(addresses(await lab.ask(name)), ['10.96.0.1']);
});

test('changed endpoints are visible after 30 s, whatever their TTL', async (t) => {
  const [one, two] = ['10.0.0.1', '10.0.0.2'].map((address) =>
    replying({ answer: [a(address, { ttl: 3600 })] }),
  );
  const lab = await startLab(t, { cluster: inTurn(one!, two!) });
  assert.deepEqual(addresses(await lab.ask('ring.shop.svc.cluster.local')), ['10.0.0.1']);
  lab.clock.skip(31);
  assert.deepEqual(addresses(await lab.ask('ring.shop.svc.cluster.local')), ['10.0.0.2']);
});

test('ndots:5 costs once: the second run within 5 s asks nothing, after 6 s only what was absent', async (t) => {
  const lab = await startLab(t, {
    upstreams: [
      replying(({ name }) => {
        if (name.includes('internal'))
          return { rcode: rcodes.NXDOMAIN, authority: [soa({ owner: 'internal' })] };
        return { answer: [a('192.0.2.1', { ttl: 25 })] };
      }),
    ],
    cluster: absent('cluster.local'),
  });
  const searched = ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local'];
  const run = async () => {
    for (const suffix of searched) await lab.ask(`example.com.${suffix}`);
    await lab.ask('example.com');
  };
  const counts = () => [
    lab.cluster.log.filter(({ name }) => name.length > 1).length,
    lab.upstream.log.filter(({ name }) => name.length > 1).length,
  ];
  await run();
  assert.deepEqual(counts(), [3, 1]);
  lab.clock.skip(3);
  await run();
  assert.deepEqual(counts(), [3, 1]);
  lab.clock.skip(3);
  await run();
  assert.deepEqual(counts(), [6, 1]);
});

test('no AAAA of an IPv4-only Service: NOERROR with SOA and RA, for that type alone', async (t) => {
  const lab = await startLab(t, {
    cluster: replying(({ type }) =>
      type === types.A ? { answer: [a('10.96.0.1')] } : { authority: [soa({ owner: 'cluster.local' })] },
    ),
  });
  for (const _ of ['miss', 'hit']) {
    const [v6, v4] = await Promise.all(
      [types.AAAA, types.A].map((type) => lab.ask({ name: 'web.shop.svc.cluster.local', type })),
    );
    assert.deepEqual([v6?.rcode, v6?.ra, v6?.answer.length, v6?.authority[0]?.type], [0, true, 0, types.SOA]);
    assert.deepEqual(v4 && addresses(v4), ['10.96.0.1']);
  }
});

test('SRV names, 63-octet labels and 253-character names pass', async (t) => {
  const srv = opaque(types.SRV, Buffer.concat([words(0, 1, 80), nameBytes('t.cluster.local')]));
  const lab = await startLab(t, { cluster: replying({ answer: [srv] }) });
  const label = 'l'.repeat(63);
  const long = `${label}.${label}.${label}.${'m'.repeat(47)}.cluster.local`;
  assert.equal(long.length, 253);
  for (const name of ['_http._tcp.a.b.svc.cluster.local', `${label}.b.svc.cluster.local`, long]) {
    const reply = await lab.ask({ name, type: types.SRV });
    assert.deepEqual(reply.answer[0]?.rdata, Buffer.from(srv.rdata));
    assert.deepEqual(lab.cluster.asked(name)[0]?.name, nameBytes(name));
  }
});

test('a namespace named like a top-level domain is neither searched nor rewritten', async (t) => {
  const lab = await startLab(t, { upstreams: [outside], cluster: inside });
  await lab.ask('example.com');
  assert.deepEqual(
    [lab.upstream.asked('example.com').length, lab.cluster.log.filter(({ name }) => name.length > 1)],
    [1, []],
  );
});

test('what an outside server says about cluster names is not believed', async (t) => {
  const target = 'api.default.svc.cluster.local';
  const poison = replying({ answer: [cname(target), a('6.6.6.6', { owner: target })] });
  const lab = await startLab(t, { upstreams: [poison], cluster: inside });
  await lab.ask('x.example');
  assert.deepEqual(addresses(await lab.ask(target)), ['10.96.0.1']);
});

test('NXDOMAIN above the border hides nothing below it', async (t) => {
  const lab = await startLab(t, { upstreams: [absent('local')], cluster: inside });
  assert.equal((await lab.ask('local')).rcode, rcodes.NXDOMAIN);
  assert.deepEqual(addresses(await lab.ask('x.svc.cluster.local')), ['10.96.0.1']);
});
