// rewrite.test — which question is asked for each line of `rewrite`, what its answer becomes, and which lines are refused.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addressRecord, message, nameRecord, record } from '../../src/zone/build-message.ts';
import type { Message } from '../../src/zone/message.ts';
import type { Question } from '../../src/zone/question.ts';
import { loadRegexEngine } from '../../src/zone/regex.ts';
import { nameText } from '../../src/zone/wire-name.ts';
import { question, wire } from '../lab/question.ts';
import { nameBytes, types, words } from '../lab/wire.ts';
import { block, blockOf, read, said } from './reading.ts';

await loadRegexEngine();

const ttl = 100;

/** An address of the name, below an alias that leads away from it, or a mail server below it. */
function upstream({ name, type }: Question): Message {
  const text = nameText(name);
  if (text.startsWith('nx.'))
    return message({ rcode: 3, authority: [nameRecord(name, types.NS, ttl, wire('ns.x'))] });
  if (text.startsWith('alias.'))
    return message({
      answer: [
        nameRecord(name, types.CNAME, ttl, wire('cdn.one.test')),
        addressRecord(wire('cdn.one.test'), ttl, Buffer.of(10, 0, 0, 9)),
      ],
    });
  if (type === types.MX || type === types.SRV || type === types.SOA) {
    const before = type === types.MX ? words(10) : type === types.SRV ? words(1, 2, 3) : Buffer.alloc(0);
    const behind =
      type === types.SOA ? Buffer.concat([nameBytes('root.x'), Buffer.alloc(20)]) : Buffer.alloc(0);
    const data = Buffer.concat([before, Buffer.from(`\x04Mail${name}`, 'latin1'), behind]);
    return message({ answer: [record(name, type, ttl, data)], authentic: true });
  }
  return message({ answer: [addressRecord(name, ttl, Buffer.of(10, 0, 0, 1))] });
}

/** `asked: RCODE owner TTL, …`; what was asked is a list where it was more than one. */
async function outcome(
  lines: readonly string[],
  name: string,
  type: keyof typeof types = 'A',
): Promise<string> {
  const [step, ...more] = blockOf(lines).steps;
  assert.equal(more.length, 0, 'all rules of a block are one step');
  const asked: string[] = [];
  const given = await step!.resolve(question(name, { type }), async (other) => {
    asked.push(nameText(other.name) + (other.type === types[type] ? '' : ` ${other.type}`));
    return upstream(other);
  });
  const records = [...given.answer, ...given.authority].map((one) => {
    const skip = one.type === types.MX ? 2 : one.type === types.SRV ? 6 : 0;
    const target = one.type === types.A ? '' : ` ${nameText(one.data.toString('latin1', skip))}`;
    return `${nameText(one.owner)} ${one.ttl}${target}`;
  });
  return `${asked.join()}: ${[given.rcode, ...records].join(', ')}`;
}

describe('a name', () => {
  for (const [lines, name, expected] of [
    [['rewrite name shop.example Store.internal'], 'shop.example', 'store.internal.: 0, shop.example. 100'],
    [
      ['rewrite name shop.example store.internal'],
      'www.shop.example',
      'www.shop.example.: 0, www.shop.example. 100',
    ],
    [
      ['rewrite name exact shop.example store.internal'],
      'shop.example',
      'store.internal.: 0, shop.example. 100',
    ],
    [
      ['rewrite name suffix .old.example .new.example answer auto'],
      'nx.team.old.example',
      'nx.team.new.example.: 3, nx.team.old.example. 100 ns.x.',
    ],
    [
      ['rewrite name suffix .old.example .new.example'],
      'a.old.example',
      'a.new.example.: 0, a.new.example. 100',
    ],
    [
      ['rewrite name suffix old.example new.example'],
      'very-old.example',
      'very-new.example.: 0, very-new.example. 100',
    ],
    [
      ['rewrite name prefix stage. prod.'],
      'stage.web.example',
      'prod.web.example.: 0, prod.web.example. 100',
    ],
    [['rewrite name prefix stage. prod. answer auto'], 'stage.web', 'prod.web.: 0, stage.web. 100'],
    [
      ['rewrite name prefix stage- prod-'],
      'stage-web.example',
      'stage-web.example.: 0, stage-web.example. 100',
    ],
    [
      ['rewrite name substring .mid. .other.'],
      'a.mid.b.mid.c',
      'a.other.b.other.c.: 0, a.other.b.other.c. 100',
    ],
    [
      ['rewrite stop {', 'name suffix .global.example .svc.cluster.local answer auto', '}'],
      'api.default.global.example',
      'api.default.svc.cluster.local.: 0, api.default.global.example. 100',
    ],
    [
      [
        'rewrite stop {',
        'name regex (.*)-(eu|us)\\.team\\.example {1}.{2}.internal',
        'answer name (.*)\\.(eu|us)\\.internal {1}-{2}.team.example',
        '}',
      ],
      'db-eu.team.example',
      'db.eu.internal.: 0, db-eu.team.example. 100',
    ],
    [
      ['rewrite stop name regex ^legacy\\.(.*)\\.$ {1} answer auto'],
      'legacy.old.example',
      'old.example.: 0, legacy.old.example. 100',
    ],
    [['rewrite name regex ^([a-z]+)(\\d?)\\.x {0}.{2}.{1}'], 'ab.x', ': 2'],
    [['rewrite name a.example a..b'], 'a.example', ': 2'],
    [
      ['rewrite CONTINUE NAME EXACT a.example b.example', 'rewrite name b.example c.example'],
      'a.example',
      'c.example.: 0, a.example. 100',
    ],
    [
      ['rewrite name a.example b.example', 'rewrite name b.example c.example'],
      'a.example',
      'b.example.: 0, a.example. 100',
    ],
    [
      ['rewrite edns0 nsid set', 'rewrite name a.example b.example'],
      'a.example',
      'a.example.: 0, a.example. 100',
    ],
    [
      ['rewrite edns0 local replace 0xffee 0x01', 'rewrite name a.example b.example'],
      'a.example',
      'b.example.: 0, a.example. 100',
    ],
  ] as const)
    test(`${lines.join(' / ')} for ${name}`, async () => assert.equal(await outcome(lines, name), expected));
});

describe('names that records point to', () => {
  test('go back with `answer auto`, and with `answer value`', async () => {
    const auto = ['rewrite name suffix .old .new answer auto'];
    assert.equal(await outcome(auto, 'a.old', 'MX'), 'a.new.: 0, a.old. 100 mail.a.old.');
    assert.equal(await outcome(auto, 'a.old', 'SRV'), 'a.new.: 0, a.old. 100 mail.a.old.');
    assert.match(await outcome(auto, 'a.old', 'SOA'), /^a\.new\.: 0, a\.old\. 100 mail\.a\.old\./);
    const exact = ['rewrite name exact a.old b.new answer value (.*)\\.b\\.new {1}.c.old'];
    assert.equal(await outcome(exact, 'a.old', 'MX'), 'b.new.: 0, a.old. 100 mail.c.old.');
    const name = ['rewrite name suffix .old .new answer name (.*)\\.new {1}.old'];
    assert.equal(await outcome(name, 'a.old', 'MX'), 'a.new.: 0, a.old. 100 Mail.a.new.');
  });
});

describe('type, class, TTL, response code, alias', () => {
  for (const [lines, name, expected] of [
    [['rewrite type a MX'], 'a.example', 'a.example. 15: 0, a.example. 100 Mail.a.example.'],
    [['rewrite class IN CH'], 'a.example', 'a.example.: 0, a.example. 100'],
    [['rewrite ttl a.example 17'], 'a.example', 'a.example.: 0, a.example. 17'],
    [['rewrite ttl a.example 17'], 'b.example', 'b.example.: 0, b.example. 100'],
    [['rewrite ttl suffix .example 200-400'], 'b.example', 'b.example.: 0, b.example. 200'],
    [['rewrite ttl suffix .example -30'], 'b.example', 'b.example.: 0, b.example. 30'],
    [['rewrite ttl regex .* 30-'], 'b.example', 'b.example.: 0, b.example. 100'],
    [['rewrite rcode regex .* NXDOMAIN 0'], 'nx.example', 'nx.example.: 0, nx.example. 100 ns.x.'],
    [['rewrite rcode nx.example servfail NOERROR'], 'nx.example', 'nx.example.: 3, nx.example. 100 ns.x.'],
    [
      ['rewrite continue {', 'ttl regex (.*)\\.example 9', '}', 'rewrite name a.example b.test'],
      'a.example',
      'b.test.: 0, a.example. 9',
    ],
    [
      ['rewrite cname exact cdn.one.test cdn.two.test'],
      'alias.example',
      'alias.example.,cdn.two.test.: 0, alias.example. 100 cdn.two.test., cdn.two.test. 100',
    ],
    [
      ['rewrite cname suffix .one.test. .three.test.'],
      'alias.example',
      'alias.example.,cdn.three.test.: 0, alias.example. 100 cdn.three.test., cdn.three.test. 100',
    ],
    [
      ['rewrite cname other.test x.test'],
      'alias.example',
      'alias.example.: 0, alias.example. 100 cdn.one.test., cdn.one.test. 100',
    ],
  ] as const)
    test(`${lines.join(' / ')} for ${name}`, async () => assert.equal(await outcome(lines, name), expected));

  test('aliases of aliases end', async () => {
    const given = await outcome(['rewrite cname regex ^(.*)$ alias.{1}'], 'alias.example');
    assert.equal(given.split(':')[0]!.split(',').length, 9);
  });
});

for (const [text, says] of [
  ['rewrite', /needs a rule/],
  ['rewrite stop', /needs a rule/],
  ['rewrite names a.example b.example', /"names".*Did you mean name\?/],
  ['rewrite name stop a b', /"stop" is no way to find a name/],
  ['rewrite name a', /too few words/],
  ['rewrite answer auto', /`answer` belongs behind/],
  ['rewrite name a b answer', /"a" is no way/],
  ['rewrite name exact a b answer', /it is `answer auto`/],
  ['rewrite name exact a b reply auto', /"reply" is one word too many/],
  ['rewrite name suffix a b answer automatic', /"automatic": it is `answer auto`/],
  ['rewrite name suffix a b answer name (.*) b answer auto', /keep one of them/],
  ['rewrite name regex (.*)\\.a\\.example {1}.{2}.b.example', /\{2\}.*one group/],
  ['rewrite name regex (.*\\.a\\.example b.example', /regular expression \(regex\): missing closing/],
  ['rewrite name regex a b metadata', /no metadata/],
  ['rewrite name suffix a b answer name (.*) {2}', /\{2\}/],
  ['rewrite class CH', /takes two words/],
  ['rewrite type ANY HINFO A', /takes two words/],
  ['rewrite type AAA A', /"AAA" is no type/],
  ['rewrite ttl a 30s', /"30s" is no TTL/],
  ['rewrite ttl a -', /"-" is no TTL/],
  ['rewrite ttl a 40-20', /"40-20" is no TTL/],
  ['rewrite ttl like a 40', /"like" is no way/],
  ['rewrite ttl exact a 40 50', /one word too many/],
  ['rewrite rcode a NOERROR', /too few words/],
  ['rewrite rcode a NOERROR NXDOMIAN', /Did you mean NXDOMAIN\?/],
  ['rewrite cname a', /too few words/],
  ['rewrite edns0 local', /needs an option/],
  ['rewrite edns0 locl set 1 2', /Did you mean local\?/],
  ['rewrite edns0 local put 1 2', /"put"/],
  ['rewrite edns0 local set 0xffee', /takes 2 words behind it, not 1/],
  ['rewrite edns0 subnet set 33 128', /"33" is no number up to 32/],
] as const)
  test(`refused: ${text}`, () => {
    const { faults } = read(block(text));
    assert.match(said(faults), /^3: /);
    assert.match(said(faults), says);
  });

test('taken, with a remark where nothing comes of it', () => {
  const lines = [
    'rewrite stop type ANY HINFO',
    'rewrite class CH IN',
    'rewrite continue name substring mid. other.',
    'rewrite edns0 local set 0xffee {qname} revert',
    'rewrite edns0 subnet unset',
    'rewrite name regex (.*)\\.c\\.example {1}.d.example answer name (.*)\\.d\\.example {1}.c.example value (.*)\\.d\\.example {1}.c.example',
  ];
  const { faults, warnings } = read(block(...lines));
  assert.equal(said(faults), '');
  assert.match(said(warnings), /^4: This rule does nothing: .*\n6: EDNS options are not passed on/);
});
