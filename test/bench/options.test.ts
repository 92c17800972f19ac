// options.test — the bench's command line, and the two outputs and lists it parses.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsperfArguments, parseDnsperf } from './dnsperf.ts';
import { questionPacket } from './first-answer.ts';
import { parseCpuList } from './machine.ts';
import { helpText, parseOptions, UsageError } from './options.ts';
import { newName, zoneFile, zoneName } from './queries.ts';

test('without arguments everything is measured', () => {
  const options = parseOptions([]);
  assert.equal(options.only.length, 9);
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

test('the zone holds every name once, and new names fall under its wildcard', () => {
  const lines = zoneFile(70_000).split('\n');
  assert.equal(lines.filter((line) => line.startsWith('n0')).length, 70_000);
  assert.ok(lines.includes('n069999 A 10.1.17.111'));
  assert.equal(zoneName(7), 'n000007.bench.example');
  assert.match(newName(1, 2), /\.new\.bench\.example$/);
});
