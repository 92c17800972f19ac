// template.test — what lines of `template` come to, and which are refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { message } from '../../src/zone/build-message.ts';
import type { Message } from '../../src/zone/message.ts';
import { loadRegexEngine } from '../../src/zone/regex.ts';
import { type QuestionSpec, question, shown } from '../lab/question.ts';
import { block, blockOf, read, said } from './reading.ts';

await loadRegexEngine();

/** What the one step of the lines says; RCODE 5: it asked the next one. */
async function answered(lines: readonly string[], name: string, spec: QuestionSpec = {}): Promise<Message> {
  const { steps } = blockOf(lines);
  assert.equal(steps.length, 1, 'all templates of a block are one step');
  return steps[0]!.resolve(question(name, spec), async () => message({ rcode: 5 }));
}

test('the forms that people write', async () => {
  const none = await answered(['template IN AAAA { rcode NOERROR }'], 'www.example', { type: 'AAAA' });
  assert.deepEqual([none.rcode, none.authoritative, none.answer], [0, true, []]);
  const pods = [
    'template IN A pods.example {',
    'match "^ip-(?P<a>\\d+)-(?P<b>\\d+)\\.pods\\.example\\.$" ^other[.]',
    'answer "{{ .Name }} 60 IN A 10.0.{{ .Group.a }}.{{ .Group.b }}"',
    'ederror 21 "not so"',
    'fallthrough',
    '}',
    'template ANY ANY {',
    'rcode NXDOMAIN',
    'authority "{{ .Zone }} 60 {{ .Class }} SOA ns.{{ .Zone }} a.{{ .Zone }} (1 2 3 4 5)"',
    '}',
  ];
  const pod = await answered(pods, 'ip-1-2.pods.example');
  assert.deepEqual([shown(pod.answer), pod.ede], [['A 0a000102'], 21]);
  const other = await answered(pods, 'x.pods.example');
  assert.equal(other.rcode, 2, 'the zone is the root: its SOA is no record of that text');
  const zone = await answered(['template ANY ANY a.example {', ...pods.slice(7)], 'x.a.example', {
    type: 'MX',
  });
  assert.deepEqual([zone.rcode, zone.authority.length], [3, 1]);
  assert.equal((await answered(['template IN A a.example'], 'b.example')).rcode, 5);
});

for (const [text, line, says] of [
  [['template in a {', 'rcode NXDOMAIN', '}'], 3, /upper case here: IN, not "in"/],
  [['template IN AAA'], 3, /"AAA" is no type.*Did you mean/],
  [['template IN'], 3, /needs a class and a type/],
  [['template IN A {', 'rcode nxdomain', '}'], 4, /upper case: NXDOMAIN, not "nxdomain"/],
  [['template IN A {', 'rcode', '}'], 4, /`rcode` needs/],
  [
    ['template IN A {', 'match (unclosed', '}'],
    4,
    /"\(unclosed" is no regular expression: missing closing \)/,
  ],
  [['template IN A {', 'match', '}'], 4, /`match` needs/],
  [['template IN A {', 'answer "{{ .Name 60 IN A 198.51.100.1"', '}'], 4, /the template of `answer` is none/],
  [['template IN A {', 'answer', '}'], 4, /`answer` needs a record/],
  [['template IN A {', 'reply NXDOMAIN', '}'], 4, /no option "reply"/],
  [['template IN A {', 'ederror x', '}'], 4, /code of `ederror`/],
  [['template IN A {', 'expr true', '}'], 4, /`expr` is not taken/],
] as const)
  test(`refused: ${text.join(' / ')}`, () => {
    const { faults } = read(block(...text));
    assert.match(said(faults), new RegExp(`^${line}: `));
    assert.match(said(faults), says);
  });

test('a field that no question has is said', () => {
  const text = '"{{ .Nme }} {{ with .Group }}{{ .a }}{{ end }}{{ $.Zone }} A {{ .Remote }}"';
  const { faults, warnings } = read(block('template IN A {', `answer ${text}`, 'upstream', '}'));
  assert.equal(said(faults), '');
  assert.match(said(warnings), /4: a question has no \.Nme.*Did you mean \.Name\?/);
  assert.match(said(warnings), /4: \.Remote is the client that asks first/);
  assert.equal(warnings.length, 3);
});
