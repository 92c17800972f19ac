// template.test — answers made of names, and what becomes of questions that no template is for.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { message, nameRecord } from '../../src/zone/build-message.ts';
import { GoTemplate } from '../../src/zone/go-template/go-template.ts';
import type { Message } from '../../src/zone/message.ts';
import { compileRegex, loadRegexEngine, type Regex } from '../../src/zone/regex.ts';
import { Template, type TemplateRule } from '../../src/zone/template.ts';
import { nameText } from '../../src/zone/wire-name.ts';
import { type QuestionSpec, question, shown, wire } from '../lab/question.ts';

await loadRegexEngine();

type Spec = Partial<
  Omit<TemplateRule, 'zones' | 'through' | 'regexes' | 'answer' | 'authority' | 'additional'>
> & {
  readonly zones?: readonly string[];
  readonly through?: readonly string[];
  readonly match?: readonly string[];
  readonly answer?: readonly string[];
  readonly authority?: readonly string[];
  readonly additional?: readonly string[];
};

const made = (texts: readonly string[] = []) => texts.map((text) => GoTemplate.parse(text) as GoTemplate);

function rule({
  zones = [''],
  through = [],
  match = [],
  answer,
  authority,
  additional,
  ...rest
}: Spec): TemplateRule {
  return {
    ...{ class: 1, type: 1, rcode: 0, ede: -1, ...rest },
    zones: zones.map(wire),
    through: through.map(wire),
    regexes: match.map((pattern) => compileRegex(pattern) as Regex),
    ...{ answer: made(answer), authority: made(authority), additional: made(additional) },
  };
}

/** Undefined: the next step was asked. */
async function answer(
  rules: readonly TemplateRule[],
  name: string,
  spec: QuestionSpec = {},
): Promise<Message | undefined> {
  const step = new Template(rules);
  const asked = question(name, spec);
  let isNext = false;
  const given = await step.resolve(asked, async () => {
    isNext = true;
    return message();
  });
  assert.equal(step.explain(asked) === undefined, isNext, 'it says what it does');
  return isNext ? undefined : given;
}

describe('a template', () => {
  test('without records denies a type', async () => {
    const none = [rule({ type: 28 })];
    assert.deepEqual(await answer(none, 'www.example', { type: 'AAAA' }), message({ authoritative: true }));
    assert.equal(await answer(none, 'www.example', { type: 'A' }), undefined);
  });

  test('for any class and type, with the SOA of its zone', async () => {
    const soa = '{{ .Zone }} 300 {{ .Class }} SOA ns.{{ .Zone }} root.{{ .Zone }} (1 3600 600 86400 120)';
    const never = [
      rule({ class: 255, type: 255, rcode: 3, zones: ['example', 'never.example'], authority: [soa] }),
    ];
    const given = await answer(never, 'x.never.example', { type: 'MX' });
    assert.equal(given!.rcode, 3);
    assert.equal(nameText(given!.authority[0]!.owner), 'never.example.', 'the longest zone');
    assert.equal(given!.authority[0]!.ttl, 300);
    assert.equal(await answer(never, 'x.other', { type: 'MX' }), undefined);
  });

  test('makes records of groups, by name and number, of the first expression that matches', async () => {
    const rules = [
      rule({
        match: ['^ip-(?P<a>\\d+)-(\\d+)\\.pods\\.example\\.$', '^gw(?P<n>\\d)[.]'],
        answer: ['{{ .Name }} 60 IN A 10.0.{{ .Group.a }}.{{ index .Match 2 }}'],
        additional: ['ns.{{ .Zone }} 30 IN A 198.51.100.99'],
        zones: ['pods.example'],
      }),
    ];
    const given = await answer(rules, 'IP-1-2.pods.example');
    assert.deepEqual(shown(given!.answer), ['A 0a000102']);
    assert.equal(given!.answer[0]!.owner, wire('ip-1-2.pods.example'));
    assert.deepEqual([given!.answer[0]!.ttl, given!.additional[0]!.ttl], [60, 30]);
    assert.ok(given!.authoritative);
    assert.equal(
      (await answer(rules, 'gw1.pods.example'))!.rcode,
      2,
      'no second group: it cannot be filled in',
    );
    assert.equal((await answer(rules, 'other.pods.example'))!.rcode, 2, 'no match and no fallthrough');
    assert.equal(await answer(rules, 'other.example'), undefined);
  });

  test('makes a record of its own type where the question is for any', async () => {
    const rules = [rule({ type: 16, answer: ['{{ .Name }} 15 {{ .Class }} {{ .Type }} "x"'] })];
    assert.deepEqual(shown((await answer(rules, 'a.example', { type: 'ANY' }))!.answer), ['TXT 0178']);
    assert.deepEqual(shown((await answer(rules, 'a.example', { type: 'ANY', class: 255 }))!.answer), [
      'TXT 0178',
    ]);
  });

  test('falls through to the next one, in its zones', async () => {
    const rules = [
      rule({ match: ['^a'], answer: ['{{ .Name }} A 10.0.0.1'], through: ['one.example'] }),
      rule({ answer: ['{{ .Name }} A 10.0.0.2'] }),
    ];
    assert.deepEqual(shown((await answer(rules, 'a.one.example'))!.answer), ['A 0a000001']);
    assert.deepEqual(shown((await answer(rules, 'b.one.example'))!.answer), ['A 0a000002']);
    assert.equal((await answer(rules, 'b.two.example'))!.rcode, 2);
  });

  test('is for a question of type ANY', async () => {
    const given = await answer([rule({ answer: ['{{ .Name }} {{ .Class }} A 10.0.0.1'] })], 'a.example', {
      type: 'ANY',
    });
    assert.deepEqual(shown(given!.answer), ['A 0a000001']);
  });

  test('with SERVFAIL has no body, with an extended error has it', async () => {
    assert.equal((await answer([rule({ rcode: 2, ede: 15 })], 'a.example'))!.ede, -1);
    assert.equal((await answer([rule({ rcode: 3, ede: 15 })], 'a.example'))!.ede, 15);
  });

  test('knows the client and the question', async () => {
    const text =
      '{{ .Name }} TXT "{{ .Remote }} {{ .Question.Qtype }} {{ .Type }} {{ .Message.RecursionDesired }} {{ .Meta "a/b" }}"';
    const given = await answer([rule({ type: 16, answer: [text] })], 'a.example', {
      type: 'TXT',
      from: '10.0.0.7',
    });
    assert.equal(given!.answer[0]!.data.toString('latin1').slice(1), '10.0.0.7 16 TXT true ');
  });

  test('that makes no record fails', async () => {
    assert.equal((await answer([rule({ answer: ['{{ .Name }} A x'] })], 'a.example'))!.rcode, 2);
    assert.equal((await answer([rule({ answer: ['{{ .Group.x }} A 10.0.0.1'] })], 'a.example'))!.rcode, 2);
  });
});

describe('an alias is followed', () => {
  const alias = rule({
    type: 255,
    zones: ['example'],
    match: ['^a\\.'],
    answer: ['{{ .Name }} 60 IN CNAME b.{{ .Zone }}'],
    through: [''],
  });

  test('by the next step, for A and AAAA', async () => {
    const step = new Template([alias]);
    const seen: string[] = [];
    const next = async ({ name }: { name: string }) => {
      seen.push(nameText(name));
      return message({ answer: [nameRecord(name, 2, 5, wire('ns.example'))] });
    };
    const given = await step.resolve(question('a.example', { type: 'AAAA' }), next);
    assert.deepEqual(
      given.answer.map(({ type, ttl }) => [type, ttl]),
      [
        [5, 60],
        [2, 5],
      ],
    );
    assert.deepEqual(seen, ['b.example.']);
    await step.resolve(question('a.example', { type: 'TXT' }), next);
    assert.equal(seen.length, 1);
  });

  test('by templates, not for ever', async () => {
    const loop = new Template([rule({ type: 255, answer: ['{{ .Name }} 60 IN CNAME x{{ .Name }}'] })]);
    const given = await loop.resolve(question('a.example'), async () => message());
    assert.equal(given.answer.length, 9);
  });
});
