// hosts.test — what lines of `hosts` come to, and which are refused or do nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { message } from '../../src/zone/build-message.ts';
import { question, shown } from '../lab/question.ts';
import { block, blockOf, read, said } from './reading.ts';

const path = '/etc/coredns/absent';

async function answered(lines: readonly string[], name: string, type: 'A' | 'PTR' = 'A'): Promise<string> {
  const [step] = blockOf(['hosts /etc/coredns/absent {', ...lines, '}']).steps;
  const given = await step!.resolve(question(name, { type }), async () => message({ rcode: 5 }));
  return [given.rcode, given.answer[0]?.ttl ?? '', ...shown(given.answer)].join(' ').trim();
}

test('lines, options and their defaults', async () => {
  const lines = ['198.51.100.30 wiki.example Git.example. # both', '2001:db8::30 wiki.example'];
  assert.equal(await answered(lines, 'git.example'), '0 3600 A c633641e');
  assert.equal(await answered([...lines, 'ttl 65535'], 'wiki.example'), '0 65535 A c633641e');
  assert.equal(await answered(lines, 'other.example'), '3');
  assert.equal(await answered([...lines, 'reload "0s"', 'fallthrough example'], 'other.example'), '5');
  assert.equal(await answered([...lines, 'fallthrough example'], 'other.test'), '3');
  assert.match(await answered(lines, '30.100.51.198.in-addr.arpa', 'PTR'), /^0 3600 PTR/);
  assert.equal(await answered([...lines, 'no_reverse'], '30.100.51.198.in-addr.arpa', 'PTR'), '5');
});

for (const [text, line, says] of [
  [
    ['hosts {', 'fallthrough', '198.51.100.1 late.example', '}'],
    5,
    /"198\.51\.100\.1" stands behind `fallthrough`/,
  ],
  [['hosts {', 'fallthrough', 'no_revrse', '}'], 5, /Did you mean no_reverse\?/],
  [['hosts /etc/coredns/one', 'hosts /etc/coredns/two'], 4, /hosts is said in line 3/],
  [['hosts {', 'ttl 0', '}'], 4, /`ttl` is "0".* from 1 to 65535/],
  [['hosts {', 'ttl 65536', '}'], 4, /`ttl`/],
  [['hosts {', 'ttl 5s', '}'], 4, /`ttl` is "5s".*without a unit/],
  [['hosts {', 'ttl', '}'], 4, /`ttl` needs/],
  [['hosts {', 'reload 5', '}'], 4, /`reload` is "5": a duration needs a unit, such as 5s/],
  [['hosts {', 'reload -5s', '}'], 4, /`reload`/],
  [['hosts {', 'fallthrough_unsupported', '}'], 4, /needs `fallthrough`/],
  [['hosts /x a..b'], 3, /is no zone/],
] as const)
  test(`refused: ${text.join(' / ')}`, () => {
    const { faults } = read(block(...text));
    assert.match(said(faults), new RegExp(`^${line}: `));
    assert.match(said(faults), says);
  });

test('what does nothing, or something else, is said', () => {
  const lines = ['hosts {', 'fallthru', 'not an address', '10.0.0.1 a.other', '}'];
  const { faults, warnings } = read(`one.example {\n${lines.join('\n')}\n}\n`);
  assert.equal(said(faults), '');
  const all = said(warnings);
  assert.match(all, /2: .*CoreDNS says SERVFAIL/);
  assert.match(all, /3: "fallthru" is no address.*Did you mean fallthrough\?/);
  assert.match(all, /4: "not" is no address/);
  assert.match(all, /5: "a\.other" is in no zone/);
  assert.match(
    said(read(block(`hosts ${path} {`, 'fallthrough', '}')).warnings),
    /absent cannot be read: it is not there/,
  );
  const quiet = read(block('hosts hosts.txt {', 'fallthrough', '}'), { files: { 'hosts.txt': '' } });
  assert.equal(said(quiet.warnings), '');
});
