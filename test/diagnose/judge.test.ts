// judge.test — each thing that can be wrong around a pair is told apart, with its numbers; where nothing is, that is said with numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Facts } from '../../src/control/facts.ts';
import { judge, wellSentence } from '../../src/diagnose/judge.ts';
import type { Samples } from '../../src/diagnose/samples.ts';
import { instance } from '../lab/statuses.ts';

const mebibyte = 1 << 20;
const cgroup = {
  ...{ throttledMicroseconds: 0, quota: null, oomKills: 0 },
  ...{ memoryUsed: 57 * mebibyte, memoryLimit: 256 * mebibyte },
};
const facts = (given: Partial<Facts> = {}): Facts => ({
  ...{ at: 0, wallSeconds: 0, cpuSeconds: 0, cgroup, conntrack: { count: 100, max: 1000 } },
  ...{ durations: [0, 0, 0], bounds: [0.00025, 0.0005] },
  ...given,
});
const well = { asked: 3, answered: 3, medianMs: 2 as number | null, said: ['NOERROR'] };

/** @param after what differs at the end, from what was there at the beginning */
function samples(given: Partial<Samples> = {}, after: Partial<Facts> = {}, status: object = {}): Samples {
  const end = facts({ at: 10_000, durations: [1990, 24, 0], ...after });
  return {
    seconds: 10,
    before: [{ slot: 'primary', status: instance(), facts: facts() }],
    after: [{ slot: 'primary', status: instance(status), facts: end }],
    servers: [{ server: '10.0.0.1:53', transport: 'udp', zones: ['.'], udp: well, tcp: well }],
    twins: { asked: 20, differing: [] },
    probes: { server: '127.0.0.1:53', asked: 40, answered: 40, medianMs: 0.2, worstMs: 0.6 },
    clock: null,
    top: [],
    ...given,
  };
}

const said = (given: Samples) => judge(given).map(({ gravity, what }) => `${gravity}: ${what}`);
const one = (given: Samples) => {
  const all = said(given);
  assert.equal(all.length, 1, all.join('\n'));
  return all[0]!;
};

test('where all is well that is said with numbers', () => {
  assert.deepEqual(said(samples()), []);
  assert.equal(
    wellSentence(samples()),
    'In these 10 s 2014 queries were answered here, 99 % within 0.5 ms of being read; 40 queries of this command took 0.6 ms at ' +
      'most, and none was dropped: what is slow lies between the pod and this node.',
  );
});

test('limits of processor time and memory, dropped datagrams and a full table of connections', () => {
  const limited = (given: Partial<typeof cgroup> | object) =>
    samples({}, { cgroup: { ...cgroup, ...given } });
  assert.equal(
    one(limited({ throttledMicroseconds: 4_020_000, quota: 0.03 })),
    'failing: the primary was kept from running for 4020 of 10000 ms by its limit of processor time, 0.03 processors',
  );
  assert.match(one(limited({ throttledMicroseconds: 80_000 })), /^risk: .* for 80 of/);
  assert.deepEqual(said(limited({ throttledMicroseconds: 20_000 })), []);
  assert.match(
    one(limited({ memoryUsed: 44 * mebibyte, memoryLimit: 46 * mebibyte })),
    /^risk: the container of the primary has 44 MiB of the 46 MiB/,
  );
  assert.match(one(limited({ oomKills: 5 })), /^note: .* killed .* 5 times/);
  const listen = [{ address: '127.0.0.1:53/udp', receiveBuffer: 1, queueDrops: 17_415 }];
  assert.match(one(samples({}, {}, { listen })), /^failing: the kernel dropped 17415 datagrams/);
  assert.match(one(samples({}, { conntrack: { count: 950, max: 1000 } })), /^risk: .* 950 of 1000/);
});

test('a process that is another one by the end is not compared with the one before', () => {
  const throttled = { cgroup: { ...cgroup, throttledMicroseconds: 4_020_000 } };
  assert.deepEqual(said(samples({}, throttled, { pid: 99 })), []);
});

test('a server that answers by one transport, late, in part, uselessly or not at all', () => {
  const silent: typeof well = { asked: 3, answered: 0, medianMs: null, said: ['waited 1.5 s'] };
  const trial = (udp: typeof well | null, tcp: typeof well | null, transport: 'udp' | 'tls' = 'udp') =>
    samples({ servers: [{ server: '10.0.0.1:53', transport, zones: ['.'], udp, tcp }] });
  assert.match(one(trial(silent, silent)), /neither over UDP nor over TCP: waited 1\.5 s$/);
  assert.match(one(trial(silent, well)), /^risk: .* over TCP and not over UDP/);
  assert.match(one(trial(well, silent)), /^note: .* over UDP and not over TCP: long answers/);
  assert.match(one(trial({ ...well, answered: 2 }, well)), /^risk: .*answered 2 of 3 queries .* over UDP/);
  assert.match(one(trial({ ...well, medianMs: 1500 }, well)), /^risk: .*takes 1500 ms/);
  assert.match(one(trial({ ...well, said: ['FORMERR'] }, well)), /^risk: .*answers this command FORMERR/);
  assert.deepEqual(said(trial(null, null, 'tls')), []);
});

test('twins that answer differently, the more so when one denies the name', () => {
  const difference = (primary: string, secondary: string, isGrave: boolean) =>
    samples({ twins: { asked: 20, differing: [{ name: 'a.b.', type: 'A', primary, secondary, isGrave }] } });
  const grave = difference('NOERROR\na.b. 10.0.0.1', 'NXDOMAIN', true);
  assert.equal(
    one(grave),
    'failing: the instances answer 1 of 20 names differently: of a.b. A the primary says NOERROR and the secondary NXDOMAIN',
  );
  assert.equal(judge(grave)[0]!.names, true);
  assert.match(one(difference('NOERROR\nx', 'NOERROR\ny', false)), /^note: of 20 names 1 have other records/);
});

test('queries of its own that are lost or late, and a clock that is wrong', () => {
  const probes = { server: '127.0.0.1:53', asked: 40, answered: 38, medianMs: 0.2, worstMs: 0.6 };
  assert.match(one(samples({ probes })), /^failing: 2 of 40 queries of this command to 127\.0\.0\.1:53/);
  assert.match(one(samples({ probes: { ...probes, answered: 40, worstMs: 380 } })), /^risk: .* took 380 ms/);
  const clock = { from: 1_000_000, until: 2_000_000, now: 1_500_000, server: '10.0.0.1:53' };
  assert.deepEqual(said(samples({ clock })), []);
  assert.match(
    one(samples({ clock: { ...clock, now: 3_000_000 } })),
    /^risk: the clock says 1970-02-04T17:20/,
  );
});

test('one client or zone that asks nearly everything is a note, and its name is marked as such', () => {
  const row = (what: string, count: number) => [{ what, count, over: 0 }];
  const rows = (count: number) => ({
    clients: { queries: row('10.244.0.5', count), misses: [], servfail: [] },
    zones: { queries: row('victim.test.', count), misses: [], servfail: [] },
    names: { queries: row('a.victim.test.', 3), misses: [], servfail: [] },
  });
  const totals = (queries: number) => ({ queries, misses: 0, servfail: 0 });
  const flood = samples({ top: [{ totals: totals(10_000), rows: rows(9200) }] });
  assert.deepEqual(said(flood), [
    'note: 92 % of 1000 queries a second come from 10.244.0.5',
    'note: 92 % of 1000 queries a second are for names right below victim.test.',
  ]);
  assert.ok(judge(flood).every(({ names }) => names === true));
  assert.deepEqual(said(samples({ top: [{ totals: totals(100), rows: rows(92) }] })), []);
});

test('an instance that could not be asked is told of', () => {
  const given = samples({
    after: [{ slot: 'secondary', error: 'none listens in /run/twindns for port 53' }],
  });
  assert.match(one(given), /^risk: no instance could be asked at the secondary: none listens/);
});
