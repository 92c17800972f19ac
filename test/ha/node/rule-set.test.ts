// rule-set.test — the rules are node-cache's, row for row, but where a node would have no DNS once nobody serves it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { familiesOf, lineOf, unwantedRows, wantedRows } from '../../../ha/node/rule-set.ts';

const link = { addresses: ['169.254.20.10'], port: 53, healthPorts: [8080] };
const skip = '-m comment --comment "NodeLocal DNS Cache: skip conntrack" -j NOTRACK';
const allow = '-m comment --comment "NodeLocal DNS Cache: allow DNS traffic" -j ACCEPT';
const [to, from] = ['-d 169.254.20.10/32', '-s 169.254.20.10/32'];

function listed(
  table: string,
  chain: string,
  wantedState: Parameters<typeof wantedRows>[0] = link,
): string[] {
  return wantedRows(wantedState)
    .filter((row) => row.table === table && row.chain === chain)
    .map(({ spec }) => spec);
}

test('an address has ten rows, each chain in reverse of the order of insertion', () => {
  assert.deepEqual(listed('raw', 'PREROUTING'), [
    `${to} -p udp -m udp --dport 53 -m socket ${skip}`,
    `${to} -p tcp -m tcp --dport 53 -m socket ${skip}`,
  ]);
  assert.deepEqual(listed('filter', 'INPUT'), [
    `${to} -p udp -m udp --dport 53 ${allow}`,
    `${to} -p tcp -m tcp --dport 53 ${allow}`,
  ]);
  assert.deepEqual(listed('raw', 'OUTPUT'), [
    `${from} -p tcp -m tcp --sport 8080 ${skip}`,
    `${to} -p tcp -m tcp --dport 8080 ${skip}`,
    `${from} -p udp -m udp --sport 53 ${skip}`,
    `${from} -p tcp -m tcp --sport 53 ${skip}`,
  ]);
  assert.deepEqual(listed('filter', 'OUTPUT'), [
    `${from} -p udp -m udp --sport 53 ${allow}`,
    `${from} -p tcp -m tcp --sport 53 ${allow}`,
  ]);
  assert.equal(wantedRows(link).length, 10);
});

test('another port has the rows of its endpoint alone, in the address at the pair’s port nothing changes', () => {
  const further = [
    { address: '169.254.20.10', port: 1053 },
    { address: 'fd00::a', port: 1053 },
  ];
  const rows = wantedRows({ ...link, further });
  const added = rows.filter(({ spec }) => /port 1053 /.test(spec));
  assert.equal(added.length, 16, 'eight each, none of them for probes');
  assert.deepEqual(
    rows.filter((row) => !added.includes(row)),
    wantedRows(link),
  );
  assert.deepEqual(
    new Set(added.map(({ spec }) => spec.split(' ')[1])),
    new Set(['169.254.20.10/32', 'fd00::a/128']),
  );
  assert.deepEqual(familiesOf({ addresses: ['10.0.0.1'], further }), ['ipv4', 'ipv6']);
  const { length } = unwantedRows({ ...link, further });
  assert.equal(length, 3 * unwantedRows(link).length, 'rows for clients of the host among them');
});

test('the last address comes first, family by family', () => {
  const addresses = ['169.254.20.10', 'fd00::a', '10.96.0.10'];
  const inputs = listed('filter', 'INPUT', { ...link, addresses }).map((spec) => spec.split(' ')[1]);
  assert.deepEqual(inputs, [
    '10.96.0.10/32',
    '10.96.0.10/32',
    '169.254.20.10/32',
    '169.254.20.10/32',
    'fd00::a/128',
    'fd00::a/128',
  ]);
  const families = wantedRows({ ...link, addresses }).map(({ family, spec }) => [
    family,
    spec.includes('fd00::'),
  ]);
  assert.ok(families.every(([family, six]) => (family === 'ipv6') === six));
  assert.deepEqual(familiesOf({ addresses }), ['ipv4', 'ipv6']);
  assert.deepEqual(familiesOf({ addresses: ['fd00::a'] }), ['ipv6']);
});

test('every health port has two rows; what is given twice is wanted once', () => {
  assert.equal(wantedRows({ ...link, healthPorts: [] }).length, 8);
  assert.equal(wantedRows({ ...link, healthPorts: [8080, 8082, 8080] }).length, 12);
  assert.equal(wantedRows({ ...link, healthPorts: [53] }).length, 8);
  const lines = wantedRows({ ...link, healthPorts: [53, 8080, 8080] }).map(lineOf);
  assert.equal(new Set(lines).size, lines.length);
});

test('a line tells one row from every other', () => {
  const [row] = wantedRows(link);
  assert.equal(
    lineOf(row!),
    `iptables -t raw -A PREROUTING ${to} -p udp -m udp --dport 53 -m socket ${skip}`,
  );
  assert.match(lineOf({ ...row!, family: 'ipv6' }), /^ip6tables /);
});

test("node-cache's own rows for what nobody may take are unwanted; without the match they are all there is", () => {
  const specs = (rows: ReturnType<typeof wantedRows>) => rows.map((row) => `${row.chain} ${row.spec}`).sort();
  const plain = ['tcp', 'udp'].map((name) => `PREROUTING ${to} -p ${name} -m ${name} --dport 53 ${skip}`);
  const ofHost = ['tcp', 'udp'].map((name) => `OUTPUT ${to} -p ${name} -m ${name} --dport 53 ${skip}`);
  assert.deepEqual(specs(unwantedRows(link)), [...ofHost, ...plain]);
  const wanted = specs(wantedRows(link, { sockets: false }));
  for (const row of plain) assert.ok(wanted.includes(row), row);
  for (const row of ofHost) assert.ok(!wanted.includes(row), row);
  const matched = plain.map((row) => row.replace(' -m comment', ' -m socket -m comment'));
  assert.deepEqual(specs(unwantedRows(link, { sockets: false })), [...ofHost, ...matched]);
});
