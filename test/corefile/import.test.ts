// import.test — what is imported comes in its place; what imports too much is refused in no time.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { MOST_WORDS } from '../../src/corefile/import-source.ts';
import { loadRegexEngine } from '../../src/zone/regex.ts';
import { block, corefile, read, said } from './reading.ts';

before(loadRegexEngine);

const directory = '/etc/coredns';

test('snippets in snippets, files and patterns, at the top, in blocks and in blocks of directives', () => {
  const files = {
    [`${directory}/common.snippet`]: '(base) {\n    bind 192.0.2.1\n    cache 30\n}\n',
    [`${directory}/custom/20-b.override`]: 'errors\n',
    [`${directory}/custom/10-a.override`]: 'forward a.example 192.0.2.8 {\n    import parts/tcp.part\n}\n',
    [`${directory}/custom/parts/tcp.part`]: 'force_tcp\n',
    [`${directory}/custom/notes.txt`]: 'not a Corefile {\n',
    [`${directory}/custom/stub.server`]: 'import parts/stub.conf\n',
    [`${directory}/custom/parts/stub.conf`]: 'stub.example:53 {\n    import base\n}\n',
  };
  const text =
    'import common.snippet\n.:53 {\n    import base\n    import custom/*.override\n    forward . 192.0.2.9\n}\nimport custom/*.server\nimport custom/stub.?erver2\n';
  const { plan, faults, warnings, files: opened } = read(text, { files });
  assert.equal(said(faults), '');
  assert.match(said(warnings), /^8: .*no file matches \/etc\/coredns\/custom\/stub\.\?erver2/);
  const [root, stub] = plan.listeners[0]!.zones;
  assert.equal(plan.listeners.length, 1);
  assert.deepEqual(
    root!.block.forwards.map(({ from, transport }) => [from, transport]),
    [
      ['a.example', 'tcp'],
      ['', 'client'],
    ],
  );
  assert.notEqual(root!.block.log.errors, undefined);
  assert.deepEqual([stub!.suffix, stub!.block.cache!.success.most], ['stub.example', 30]);
  assert.deepEqual(
    opened.toSorted(),
    [
      ...[...Object.keys(files), corefile].filter((path) => !path.endsWith('.txt')),
      ...['*.override', '*.server', 'stub.?erver2'].map((pattern) => `${directory}/custom/${pattern}`),
    ].toSorted(),
  );
});

test('faults in what is imported are told in their own file', () => {
  const files = { [`${directory}/a.conf`]: '\ncahce 30\n' };
  assert.match(
    said(read(block('import a.conf', 'bufsize 1'), { files }).faults),
    /^4: .*\n\/etc\/coredns\/a\.conf:2: "cahce"/,
  );
});

test('a snippet may be of one line, and its words begin a line wherever it is imported', () => {
  const { plan, faults } = read(
    `(tcp) { force_tcp }\n(by) { import tcp }\n${block('forward . 192.0.2.1 {', '    import by', '    max_fails 1', '}')}`,
  );
  assert.equal(said(faults), '');
  assert.equal(plan.listeners[0]!.zones[0]!.block.forwards[0]!.transport, 'tcp');
});

/** Each is refused, with a sentence like this, in less than a second. */
const hostile: Readonly<
  Record<string, readonly [text: string, says: RegExp, files?: Record<string, string>]>
> = {
  'a file that imports itself': [block('import Corefile'), /3: "Corefile" would be imported by itself/],
  'a pattern that matches the file itself': ['import *\n', /by itself/],
  'two files that import each other': [
    'import a\n',
    /\/b:1: "a" would be imported by itself: \/etc\/coredns\/a is/,
    { [`${directory}/a`]: 'import b\n', [`${directory}/b`]: 'import a\n' },
  ],
  'a snippet that imports itself': [
    `(a) {\n    import a\n    import a\n}\n${block('import a')}`,
    /"a" would be imported by itself: \(a\) is/,
  ],
  'a long chain of files': [
    'import f0\n',
    /at most 32 within one another/,
    Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${directory}/f${i}`, `import f${i + 1}\n`])),
  ],
  'snippets that double': [
    `${Array.from({ length: 30 }, (_, i) => `(s${i}) {\n${i === 0 ? 'loop' : `import s${i - 1}\nimport s${i - 1}`}\n}\n`).join('')}${block('import s29')}`,
    /imports come to too much/,
  ],
  'many words by a few imports': [
    `(a) {\n${'errors\n'.repeat(10_000)}}\n${block(...Array.from({ length: 20 }, () => 'import a'))}`,
    /more than 100000 words/,
  ],
  'a file of too many words': [`.:53 {\n${'a '.repeat(MOST_WORDS)}\n}\n`, /100000 words/],
  'a file that is too long': [`# ${'x'.repeat(9 * 1024 * 1024)}`, /cannot be read: it is too long/],
  'a pattern that many files match': [
    'import f*\n',
    /at most 1000 files/,
    Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`${directory}/f${i}`, '# \n'])),
  ],
  'blocks in blocks': [
    block('log {', ...Array.from({ length: 100_000 }, () => 'class {')),
    /blocks within blocks/,
  ],
  'many braces': ['}\n'.repeat(50_000), /closes nothing/],
  'many openings': ['{\n'.repeat(50_000), /\{/],
  'many zones': [
    `${Array.from({ length: 20_000 }, (_, i) => `z${i}.example`).join(' ')} z7.example {\n    loop\n}\n`,
    /z7\.example/,
  ],
  'many unknown words': [block(...Array.from({ length: 50_000 }, (_, i) => `wrod${i}`)), /no directive/],
  'many networks': [`${'10.0.0.0/1 '.repeat(30_000)}{\n    loop\n}\n`, /more than 50000 zones/],
  'many zones on many addresses': [
    `${Array.from({ length: 2000 }, (_, i) => `z${i}.example`).join(' ')} {\n    bind ${Array.from({ length: 200 }, (_, i) => `127.0.0.${i}`).join(' ')}\n}\n`,
    /more than 100000/,
  ],
  'many expressions': [
    block('template IN A {', ...Array.from({ length: 20_000 }, (_, i) => `match ^a{1,50}b${i}$`), '}'),
    /more than 200000 states/,
  ],
  'an option of many words': [
    block('bufsize 1', 'loadbalance {', `prefer ${'10.0.0.0/8 '.repeat(90_000)}`, '}'),
    /`bufsize`/,
  ],
  'many forwards': [
    `${block('bufsize 1', ...Array.from({ length: 10_000 }, (_, i) => `forward z${i}.example 192.0.2.1`))}`,
    /`bufsize`/,
  ],
};
for (const [what, [text, says, files = {}]] of Object.entries(hostile))
  test(`${what} is refused at once`, () => {
    const began = process.cpuUsage();
    const { faults } = read(text, { files });
    const spent = process.cpuUsage(began);
    assert.match(said(faults), says);
    assert.ok((spent.user + spent.system) / 1000 < 1500, `${(spent.user + spent.system) / 1000} ms`);
  });

test('10,000 lines are read in a second', () => {
  const blocks = Array.from(
    { length: 1000 },
    (_, i) =>
      `z${i}.example:53 {\n    errors\n    cache 30 {\n        success 9984 30\n    }\n    loop\n    bind 169.254.20.10\n    forward . 192.0.2.1\n    prometheus :9253\n}\n`,
  );
  const began = process.cpuUsage();
  const { plan, faults } = read(blocks.join(''));
  const spent = process.cpuUsage(began);
  assert.deepEqual(faults, []);
  assert.equal(plan.listeners[0]!.zones.length, 1000);
  assert.ok((spent.user + spent.system) / 1000 < 1000, `${(spent.user + spent.system) / 1000} ms`);
});

test('faults are bounded, and what is not told is counted', () => {
  const { faults, dropped } = read(block(...Array.from({ length: 3000 }, (_, i) => `wrod${i}`)));
  assert.deepEqual([faults.length, dropped], [1000, 2000]);
});
