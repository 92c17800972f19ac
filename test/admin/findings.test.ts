// findings.test — what is wrong with a pair is said with its place, its numbers and what to do; a pair that is well has none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsOf } from '../../src/admin/findings.ts';
import { isWell, verdictLine } from '../../src/admin/verdict.ts';
import type { InstanceStatus } from '../../src/status.ts';
import { custody, down, instance, minute, twin, upstream } from '../lab/statuses.ts';

const found = (...statuses: InstanceStatus[]) => statuses.map((status) => ({ admin: status.slot, status }));
const findings = (...statuses: InstanceStatus[]) => findingsOf(found(...statuses));
const said = (...statuses: InstanceStatus[]) =>
  findings(...statuses).map(({ gravity, what }) => `${gravity}: ${what}`);
const routed = (zone: string, ...upstreams: object[]) =>
  instance({ routes: [{ zone, isForwarded: true, upstreams }] });

test('of a pair that is well there is nothing but a line with numbers', () => {
  const pair = [instance(), instance({ slot: 'secondary' })];
  assert.deepEqual(said(...pair), []);
  assert.equal(
    verdictLine(pair, []),
    'OK: 2 instances serve; in the last 60 s 2000 queries, 98.0 % from the cache; 2 upstreams, none fails',
  );
  assert.deepEqual(said(instance({ lastMinute: undefined, budget: undefined, ports: undefined })), []);
});

test('a server that is down is a risk while others answer, and a failure when it is the only one', () => {
  const one = routed('.', upstream('10.0.0.1:53', down), upstream('10.0.0.2:53'));
  assert.deepEqual(said(one, one), [
    'risk: upstream 10.0.0.1:53/udp does not answer (timeout): 40 of 40 sends of the last minute came to nothing, for .; other servers answer',
  ]);
  const only = routed('cluster.local.', upstream('10.0.0.1:53', down));
  const [finding] = findings(only);
  assert.deepEqual(
    [finding!.gravity, finding!.where, finding!.sinceSeconds],
    ['failing', '10.0.0.1:53/udp', 130],
  );
  assert.match(finding!.do, /runs, and whether the network carries datagrams/);
  assert.match(
    verdictLine([only], findings(only)),
    /^FAILING: upstream 10\.0\.0\.1:53\/udp does not answer .*, for 2m10s$/,
  );
  assert.equal(isWell(findings(only)), false);
  const idle = routed('.', upstream('10.0.0.1:53', { state: 'unasked' }));
  assert.deepEqual(said(idle), []);
});

test('a zone that is answered SERVFAIL, or from old data, is said first, with the servers to blame', () => {
  const zone = (zone: string, answers: number, servfail: number, stale: number) => ({
    lastMinute: { ...minute, zones: [{ zone, answers, servfail, stale, notKept: {} }] },
  });
  const ill = {
    ...routed('cluster.local.', upstream('10.0.0.9:53', { ...down, transport: 'tcp' })),
    ...zone('cluster.local.', 100, 52, 31),
  };
  assert.equal(
    said(ill)[0],
    'failing: cluster.local. cannot be answered: 52 of 100 answers of the last minute were SERVFAIL; ' +
      '10.0.0.9:53/tcp is down (timeout)',
  );
  assert.match(
    said(instance(zone('.', 100, 1, 31)))[0]!,
    /^failing: \. is answered from old data: 31 of 100/,
  );
  assert.deepEqual(said(instance(zone('.', 100, 4, 4))), []);
  assert.match(said(routed('.'))[0]!, /failing: \. has no server/);
  assert.deepEqual(said(instance({ routes: [{ zone: 'a.', isForwarded: false, upstreams: [] }] })), []);
});

test('an instance that is alone, and a twin that does not work or dies often', () => {
  const withTwins = (...twins: object[]) => ({ custody: { ...custody, twins } });
  const single = instance({ ...withTwins(), lastMinute: { ...minute, aloneSeconds: 130 } });
  assert.equal(
    verdictLine([single], findings(single)),
    'AT RISK: the primary has no twin: when it goes, queries are lost, for 2m10s',
  );
  assert.deepEqual(said(instance({ uptimeSeconds: 3, ...withTwins() })), []);
  const frozen = instance(withTwins({ ...twin, beatAgeMs: 45_302 }));
  assert.equal(
    verdictLine([frozen], findings(frozen)),
    'AT RISK: the secondary runs and does not work: the primary reads its queries, for 45s',
  );
  assert.match(
    said(instance({ lastMinute: { ...minute, twinDeathsInHour: 6 } }))[0]!,
    /died 6 times in the last hour/,
  );
  const problems = [{ problem: 'settings', text: 'they differ in cluster-domain' }];
  assert.match(
    said(instance({ custody: { ...custody, problems } }))[0]!,
    /risk: the primary and its twin: they differ in cluster-domain/,
  );
  const missing = { admin: '127.0.0.1:9254', error: 'nothing listens there' };
  assert.match(
    findingsOf([...found(instance()), missing])[0]!.what,
    /no instance could be asked at 127\.0\.0\.1:9254: nothing listens there/,
  );
});

test('an instance that did not run, and answers that may not be kept', () => {
  const stallSeconds = { throttled: 3.2, starved: 0.3 };
  const stalled = instance({ lastMinute: { ...minute, stallSeconds } });
  const [finding] = findings(stalled);
  assert.equal(finding!.what, 'the primary did not run for 3.5 s of the last minute (throttled)');
  assert.match(finding!.do, /Raise the limit of processor time/);
  assert.deepEqual(said(instance({ lastMinute: { ...minute, stallSeconds: { busy: 1 } } })), []);
  const unkept = (count: number, misses: number) => {
    const zone = {
      zone: '.',
      answers: 500,
      servfail: 0,
      stale: 0,
      notKept: { ttl_0: count, broken_chain: 3 },
    };
    return instance({ lastMinute: { ...minute, misses, zones: [zone] } });
  };
  assert.deepEqual(said(unkept(90, 200), unkept(90, 200)), []);
  assert.deepEqual(said(unkept(150, 160), unkept(150, 160)), [
    'note: 306 answers for . in the last minute may not be kept: TTL 0',
  ]);
});

test('what the node lacks, and what only deserves a note', () => {
  const node = {
    ...{ leader: true, acting: true, wanted: { interface: 2, rules: 10 }, found: { interface: 2, rules: 8 } },
    problems: { interface: null, rules: 'the lock is held' },
  };
  assert.deepEqual(said(instance({ node })), [
    'risk: primary: the lock is held',
    'risk: of the rules 8 of 10 are there',
  ]);
  const idle = { ...node, acting: false, found: { interface: null, rules: null }, problems: {} };
  assert.match(said(instance({ node: idle }))[0]!, /no instance keeps the interface/);
  const small = instance({ lastMinute: { ...minute, misses: 1000, evictions: 900 } });
  assert.match(said(small)[0]!, /^note: the cache of the primary is too small/);
  assert.equal(isWell(findings(small)), true);
  assert.match(
    said(instance({ lastMinute: { ...minute, drops: 17 } }))[0]!,
    /^failing: the kernel dropped 17/,
  );
  assert.match(
    said(instance(), instance({ slot: 'secondary', version: '0.2.0' }))[0]!,
    /^note: .*0\.1\.0, 0\.2\.0/,
  );
  const port = { name: 'admin', address: '127.0.0.1:9253', served: false, failures: 3 };
  assert.match(said(instance({ ports: [port] }))[0]!, /^risk: the port of admin at 127\.0\.0\.1:9253/);
});
