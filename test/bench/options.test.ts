// options.test — the bench's command line, and the two outputs and lists it parses.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { dnsperfArguments, parseDnsperf } from './dnsperf.ts';
import { measureIds } from './figures.ts';
import { questionPacket } from './first-answer.ts';
import { parseCpuList } from './machine.ts';
import { programsFor } from './needs.ts';
import { helpText, parseOptions, UsageError } from './options.ts';
import { newName, shortLivedName, writePopular, zoneFile, zoneName } from './queries.ts';

test('without arguments everything is measured', () => {
  const options = parseOptions([]);
  assert.equal(options.only.length, measureIds.length);
  assert.equal(options.servers, undefined);
  assert.equal(options.partial, false);
  assert.equal(options.picture, undefined);
  assert.equal(parseOptions(['--picture', 'a.svg']).picture, 'a.svg');
});

test('lists are checked and put in order', () => {
  const options = parseOptions(['--only', 'miss,hit-1k', '--servers=unbound,floor', '--check']);
  assert.deepEqual(options.only, ['hit-1k', 'miss']);
  assert.deepEqual(options.servers, ['floor', 'unbound']);
  assert.ok(options.check && options.partial);
});

for (const args of [
  ['--only', 'hits'],
  ['--servers', 'bind'],
  ['--rounds', '0'],
  ['--rounds', '1.5'],
  ['--seconds', 'x'],
  ['--bogus'],
  ['extra'],
]) {
  test(`"${args.join(' ')}" is refused`, () => assert.throws(() => parseOptions(args), UsageError));
}

test('what the chosen rows need is asked for, and nothing else', () => {
  const needed = (...args: string[]) => programsFor(parseOptions(args));
  const all = ['taskset', 'nsd', 'dnsperf', 'unbound', 'dnsmasq', 'kresd'];
  assert.deepEqual(needed(), all);
  assert.deepEqual(needed('--servers', 'twindns,pair,coredns'), ['taskset', 'nsd', 'dnsperf']);
  assert.deepEqual(needed('--only', 'start', '--servers', 'unbound'), ['taskset', 'nsd', 'unbound']);
  for (const flag of ['--help', '--print-config']) assert.deepEqual(needed(flag), []);
});

test('the help names every option and its default', () => {
  assert.match(
    helpText(),
    /--rate-hit Q +cached queries a second of the paced load, the same for all servers \(60000\)/,
  );
});

test('a report of dnsperf becomes numbers', () => {
  const report = `
  Queries sent:         1000
  Queries completed:    998 (99.80%)
  Queries lost:         2 (0.20%)

  Response codes:       NOERROR 990 (99.20%), SERVFAIL 8 (0.80%)
  Average packet size:  request 39, response 55
  Run time (s):         2.500045
  Queries per second:   399.192815
`;
  assert.deepEqual(parseDnsperf(report), { answered: 998, lost: 2, failed: 8, qps: 399.192815, bytes: 55 });
  assert.throws(() => parseDnsperf('nothing'), /printed no/);
});

test('a rate is asked for only when there is one', () => {
  const load = { transport: 'udp', port: 53, file: 'f', clients: 2, outstanding: 3, seconds: 1 } as const;
  assert.ok(!dnsperfArguments({ ...load, rate: 0 }).includes('-Q'));
  assert.match(dnsperfArguments({ ...load, rate: 500 }).join(' '), /-Q 500 -l 1$/);
  assert.match(dnsperfArguments({ ...load, rate: 0, seconds: 'once' }).join(' '), /-n 1 -l 20$/);
});

test('a question is 12 bytes, the labels, type and class', () => {
  assert.equal(
    questionPacket(0x1234, 'a.bc').toString('hex'),
    '1234010000010000000000000161026263000001'.concat('0001'),
  );
});

test('cores are read as the kernel lists them', () => {
  assert.deepEqual(parseCpuList('0-2,5'), [0, 1, 2, 5]);
});

test('popular names are asked for more often, in the same order for the same seed', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'popular-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const asked = (seed: number) => readFileSync(writePopular(join(folder, 'asked'), seed, 10_000), 'utf8');
  const text = asked(1);
  assert.equal(text, asked(1));
  assert.notEqual(text, asked(2));
  const lines = text.trimEnd().split('\n');
  const times = (index: number) => lines.filter((line) => line === `${shortLivedName(index)} A`).length;
  assert.equal(lines.length, 10_000);
  assert.ok(times(0) > 1200 && times(0) < 1500, `${times(0)}`);
  assert.ok(times(9) > 90 && times(9) < 180, `${times(9)}`);
});

test('the zone holds every name once, and new names fall under its wildcard', () => {
  const lines = zoneFile(70_000).split('\n');
  assert.equal(lines.filter((line) => line.startsWith('n0')).length, 70_000);
  assert.ok(lines.includes('n069999 A 10.1.17.111'));
  assert.ok(lines.includes('s0999 30 A 10.0.3.231'));
  assert.equal(zoneName(7), 'n000007.bench.example');
  assert.match(newName(1, 2), /\.new\.bench\.example$/);
});
