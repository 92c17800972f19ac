// plan.test — what files come to: listeners, zones, ranges of TTLs, forwards, pages.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { formatEndpoint } from '../../src/config.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { loadRegexEngine } from '../../src/zone/regex.ts';
import { block, blockOf, corefile, read } from './reading.ts';

before(loadRegexEngine);

/** Listener → zones. */
const shown = ({ listeners }: Plan) =>
  Object.fromEntries(
    listeners.map(({ at, zones }) => [formatEndpoint(at), zones.map(({ suffix }) => `${suffix}.`).join(' ')]),
  );

const nodeLocalDns = `cluster.local:53 {
    errors
    cache {
            success 9984 30
            denial 9984 5
    }
    reload
    loop
    bind 169.254.20.10 10.96.0.10
    forward . 10.96.0.11 {
            force_tcp
    }
    prometheus :9253
    health 169.254.20.10:8080
    }
in-addr.arpa:53 ip6.arpa:53 {
    errors
    cache 30
    reload
    loop
    bind 169.254.20.10 10.96.0.10
    forward . 10.96.0.11 {
            force_tcp
    }
    prometheus :9253
    }
.:53 {
    errors
    cache 30
    reload
    loop
    bind 169.254.20.10 10.96.0.10
    forward . /etc/resolv.conf
    prometheus :9253
    }
`;

test('the four zones of node-local-dns', () => {
  const { plan, faults, warnings } = read(nodeLocalDns);
  assert.deepEqual([...faults, ...warnings], []);
  const zones = 'cluster.local. in-addr.arpa. ip6.arpa. .';
  assert.deepEqual(shown(plan), { '169.254.20.10:53': zones, '10.96.0.10:53': zones });
  const [cluster, reverse, , root] = plan.listeners[0]!.zones.map(({ block }) => block);
  const { success, denial, failure, prefetch, stale } = cluster!.cache!;
  assert.deepEqual(
    [success, denial],
    [
      { least: 5, most: 30 },
      { least: 5, most: 5 },
    ],
  );
  assert.deepEqual([failure, prefetch, stale], [5000, undefined, undefined]);
  assert.deepEqual(root!.cache!.denial, { least: 5, most: 30 });
  const [toCluster] = cluster!.forwards;
  assert.equal(toCluster!.transport, 'tcp');
  assert.deepEqual(toCluster!.servers, [
    { endpoint: { address: '10.96.0.11', port: 53 }, protocol: 'dns', serverName: undefined },
  ]);
  const [toNode] = root!.forwards;
  assert.deepEqual([toNode!.files, toNode!.servers, toNode!.transport], [['/etc/resolv.conf'], [], 'client']);
  assert.deepEqual(
    [toNode!.policy, toNode!.maxFails, toNode!.expire, toNode!.readTimeout],
    ['random', 2, 10_000, 2000],
  );
  assert.deepEqual(cluster!.log, { queries: [], errors: { consolidate: [] } });
  assert.equal(cluster!.detectsLoops, true);
  assert.equal(plan.listeners[1]!.zones[0]!.block, cluster, 'listeners share the block');
  assert.equal(plan.listeners[0]!.zones[2]!.block, reverse, 'zones of a header as well');
  assert.deepEqual(
    plan.admin.map(({ at, pages }) => [at.address, at.port, ...pages]),
    [
      ['169.254.20.10', 8080, 'health'],
      ['', 9253, 'metrics'],
    ],
  );
  assert.deepEqual(plan.reload, { interval: 30_000, jitter: 15_000 });
  assert.deepEqual(root!.place, { file: corefile, line: 27 });
});

test('a port belongs to its zone, networks are reverse zones, in any case', () => {
  const { plan } = read(
    'Corp.Example. LAB.example:1053 10.24.0.0/16 172.20.30.0/23:1053 fd12:3456::/32 192.0.2.9/32 {\n    loop\n}\n',
  );
  assert.deepEqual(shown(plan), {
    '127.0.0.1:53': 'corp.example. 24.10.in-addr.arpa. 6.5.4.3.2.1.d.f.ip6.arpa. 9.2.0.192.in-addr.arpa.',
    '127.0.0.1:1053': 'lab.example. 30.20.172.in-addr.arpa. 31.20.172.in-addr.arpa.',
  });
});

test('networks that end within a label are all zones that they cover', () => {
  const zones = (network: string) =>
    read(`${network} {\n    loop\n}\n`).plan.listeners[0]!.zones.map(({ suffix }) => suffix);
  assert.deepEqual(zones('0.0.0.0/0'), ['in-addr.arpa']);
  assert.equal(zones('192.0.2.0/25').length, 128);
  assert.deepEqual(zones('192.0.2.254/31'), ['254.2.0.192.in-addr.arpa', '255.2.0.192.in-addr.arpa']);
  assert.deepEqual(
    zones('fd12::/30'),
    [0, 1, 2, 3].map((i) => `${i}.0.0.0.2.1.d.f.ip6.arpa`),
  );
  assert.deepEqual(zones('::ffff:192.0.2.0/96'), [`f.f.f.f.${'0.'.repeat(20)}ip6.arpa`]);
});

test('the same zone on two addresses is two zones; without bind it is where instances listen', () => {
  const text = '.:53 {\n    bind 192.0.2.1\n}\n.:53 {\n    bind eth0\n}\na.example {\n}\n';
  const { plan, faults } = read(text, {
    interfaces: { eth0: ['192.0.2.2', '2001:db8::2'] },
    listen: ['192.0.2.1', '192.0.2.3'],
  });
  assert.deepEqual(faults, []);
  assert.deepEqual(shown(plan), {
    '192.0.2.1:53': '. a.example.',
    '192.0.2.2:53': '.',
    '[2001:db8::2]:53': '.',
    '192.0.2.3:53': 'a.example.',
  });
});

test('ranges of TTLs are those of CoreDNS: caps, and 5 s at least unless the cap is less', () => {
  const ranges = (...lines: readonly string[]) => {
    const { success, denial } = blockOf(lines).cache!;
    return [success.least, success.most, denial.least, denial.most].join(' ');
  };
  assert.equal(ranges('cache'), '5 3600 5 1800');
  assert.equal(ranges('cache 25'), '5 25 5 25');
  assert.equal(ranges('cache 1'), '1 1 1 1');
  assert.equal(ranges('cache 600 {', 'success 9984', 'denial 9984 7', '}'), '5 600 5 7');
  assert.equal(ranges('cache {', 'success 1 60 9', 'denial 1 60 0', '}'), '9 60 0 60');
  assert.equal(ranges('cache {', 'success 1 5 9', '}'), '5 5 5 1800');
});

test('what else a cache does', () => {
  const { cache } = blockOf([
    'cache 60 a.example 10.0.0.0/8 {',
    ...[
      'prefetch 10 1m30s 25%',
      'serve_stale 2h verify',
      'servfail 1m',
      'disable success',
      'disable success b.example',
      'keepttl',
    ],
    '}',
  ]);
  assert.deepEqual(cache!.zones, ['a.example', '10.in-addr.arpa']);
  assert.deepEqual(cache!.prefetch, { amount: 10, within: 90_000, share: 0.25 });
  assert.deepEqual(cache!.stale, { window: 7_200_000, after: 1800, ttl: 0 });
  assert.deepEqual(
    [cache!.failure, cache!.keepTtl, cache!.disabled],
    [60_000, true, { success: ['b.example'], denial: [] }],
  );
  const stale = (line: string) => blockOf(['cache {', line, '}']).cache!.stale;
  assert.deepEqual(stale('serve_stale'), { window: 3_600_000, after: 0, ttl: 0 });
  assert.deepEqual(stale('serve_stale 1m verify 300ms 7s'), { window: 60_000, after: 300, ttl: 7 });
  assert.deepEqual(blockOf(['cache {', 'denial 0 1', '}']).cache!.disabled, { success: [], denial: [''] });
  assert.equal(blockOf(['loop']).cache, undefined);
});

test('forwards are in the order of the file, with their own servers and manner', () => {
  const { forwards } = blockOf([
    'forward a.example 192.0.2.1:5300 tls://192.0.2.2%dns.example:8853 tls://2001:db8::2 {',
    ...[
      'prefer_udp',
      'force_tcp',
      'except b.a.example',
      'except c.a.example',
      'next nxdomain',
      'policy sequential',
      'max_concurrent 3',
    ],
    '}',
    'forward 10.0.0.0/15 fe80::1%eth0 {',
    ...[
      'prefer_udp',
      'health_check 1.5s no_rec domain Probe.Example',
      'failover SERVFAIL',
      'failfast_all_unhealthy_upstreams',
    ],
    '}',
  ]);
  assert.deepEqual(
    forwards.map(({ from }) => from),
    ['a.example', '0.10.in-addr.arpa', '1.10.in-addr.arpa'],
  );
  const [first, second] = forwards;
  assert.deepEqual(
    first!.servers.map(({ endpoint, protocol, serverName }) => [
      formatEndpoint(endpoint),
      protocol,
      serverName,
    ]),
    [
      ['192.0.2.1:5300', 'dns', undefined],
      ['192.0.2.2:8853', 'tls', 'dns.example'],
      ['[2001:db8::2]:853', 'tls', undefined],
    ],
  );
  assert.deepEqual(
    [first!.transport, first!.except, first!.next, first!.policy, first!.maxConcurrent],
    ['tcp', ['b.a.example', 'c.a.example'], [3], 'sequential', 3],
  );
  assert.deepEqual(first!.tls, { serverName: undefined, ca: undefined, cert: undefined, key: undefined });
  assert.deepEqual(second!.health, { interval: 1500, recursionDesired: false, domain: 'probe.example' });
  assert.deepEqual(
    [second!.transport, second!.failover, second!.failFast, second!.tls],
    ['udp', [2], true, undefined],
  );
  assert.equal(second!.servers[0]!.endpoint.address, 'fe80::1%eth0');
});

test('certificates of a forward are looked for below `root`', () => {
  const { forwards } = blockOf(
    [
      'forward . tls://192.0.2.1 {',
      'tls cert.pem key.pem ca.pem',
      'tls_servername dns.example',
      '}',
      'root /etc/pki',
    ],
    {
      files: Object.fromEntries(
        ['cert', 'key', 'ca'].map((name) => [`/etc/pki/${name}.pem`, '-----BEGIN X-----\n']),
      ),
    },
  );
  assert.deepEqual(forwards[0]!.tls, {
    serverName: 'dns.example',
    cert: '/etc/pki/cert.pem',
    key: '/etc/pki/key.pem',
    ca: '/etc/pki/ca.pem',
  });
});

test('logs, errors and the small ones', () => {
  const found = blockOf([
    'log',
    'log a.example. "{name} {combined}" {',
    'class denial',
    '}',
    'errors {',
    'consolidate 5m "x$" warning show_first',
    '}',
    'bufsize',
    'nsid',
  ]);
  const [all, some] = found.log.queries;
  assert.deepEqual([all!.zones, all!.classes], [[''], ['success', 'denial', 'error']]);
  assert.deepEqual([some!.zones, some!.classes], [['a.example'], ['denial']]);
  assert.equal(some!.format, '{name} {combined}');
  assert.deepEqual(found.log.errors, {
    consolidate: [{ within: 300_000, pattern: 'x$', level: 'warn', showFirst: true }],
  });
  assert.deepEqual([found.udpSize, found.nsid], [1232, 'node-1']);
});

test('pages at one address are one server; the last block says how often the file is looked at', () => {
  const text = `${block('prometheus :9253', 'ready :9253', 'reload 10s 20s', 'nodecache')}a.example {\n    bind 192.0.2.1\n    prometheus 0.0.0.0:9253\n    health :8080 {\n        lameduck 5s\n    }\n    reload 2s 0\n    nodecache SkipTeardown\n}\n`;
  const { plan } = read(text);
  assert.deepEqual(plan.admin, [
    { at: { address: '', port: 9253 }, pages: ['ready', 'metrics'], lameduck: 0 },
    { at: { address: '', port: 8080 }, pages: ['health'], lameduck: 5000 },
  ]);
  assert.deepEqual(plan.reload, { interval: 2000, jitter: 0 });
  assert.deepEqual(plan.nodecache, { addresses: ['127.0.0.1', '192.0.2.1'], keep: true });
  assert.deepEqual(read(block('reload 10s 20s')).plan.reload, { interval: 10_000, jitter: 5000 });
  assert.deepEqual(
    [read(block('loop')).plan.reload, read(block('loop')).plan.nodecache],
    [undefined, undefined],
  );
});

test('environment variables stand for what they hold, in one word', () => {
  const env = {
    ZONE: 'a.example',
    PORT: '1053',
    UP: '192.0.2.1',
    LOOP: '{$LOOP}',
    BOTH: '192.0.2.1 192.0.2.2',
    SEVERAL: '192.0.2.1, [fd00::a]:5353',
  };
  const { plan } = read(
    '{$ZONE}:{%PORT%} b.{$ZONE}:53 {\n    forward . {$UP}{$NOTHING}:{$PORT}\n    nsid {$LOOP}{$}\n}\n',
    { env },
  );
  assert.deepEqual(shown(plan), { '127.0.0.1:1053': 'a.example.', '127.0.0.1:53': 'b.a.example.' });
  const { forwards, nsid } = plan.listeners[0]!.zones[0]!.block;
  assert.equal(formatEndpoint(forwards[0]!.servers[0]!.endpoint), '192.0.2.1:1053');
  assert.equal(nsid, '{$LOOP}{$}');
  assert.equal(read(block('forward . {$BOTH}'), { env }).faults.length, 1);
  const [several] = blockOf(['forward . {$SEVERAL} 192.0.2.4'], { env }).forwards;
  assert.deepEqual(
    several!.servers.map(({ endpoint }) => formatEndpoint(endpoint)),
    ['192.0.2.1:53', '[fd00::a]:5353', '192.0.2.4:53'],
  );
});
