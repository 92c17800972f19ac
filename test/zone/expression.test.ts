// expression.test — conditions of views: what they mean, and what is refused in which words.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { compileCondition } from '../../src/zone/expression.ts';
import { loadRegexEngine } from '../../src/zone/regex.ts';
import { question } from '../lab/question.ts';

const asked = question('www.Example.org', {
  from: '10.1.2.3',
  type: 'AAAA',
  dnssecOk: true,
  client: { port: 41_000, transport: 'tcp' },
});

function holds(text: string, of = asked): boolean {
  const condition = compileCondition(text);
  assert.ok(typeof condition !== 'string', `${text}: ${condition as string}`);
  return condition(of);
}

describe('a condition', () => {
  before(loadRegexEngine);

  for (const text of [
    "incidr(client_ip(), '10.0.0.0/8')",
    "incidr('2001:db8::1', '2001:DB8::/32')",
    "type() in ['A', 'AAAA']",
    "type() not in ['A', 'MX',]",
    "name() == 'www.example.org.'",
    "name() matches '^w+\\\\..*\\\\.org\\\\.$'",
    'name() matches `^w+\\..*\\.org\\.$`',
    'name() endsWith ".example.org."',
    "name() startsWith 'www.' and not (name() contains 'x.y')",
    "name() not endsWith '.com.'",
    "!(type() == 'A') && !incidr(client_ip(), 'fd00::/8')",
    "not not do() or type() == 'A'",
    "(type() == 'A' && name() == 'example.com.') || client_ip() == '10.1.2.3'",
    "proto() == 'tcp' and port() == '41000' and server_ip() == '169.254.20.10' and server_port() == \"53\"",
    "class() == 'IN' && opcode() == 0",
    'len(name()) >= 16 && len(name()) < 17 && 2 > 1.5 && 1 <= 1 && 1 != 2',
    "upper(lower('aB')) == 'AB' && hasPrefix(name(), 'www') && hasSuffix(name(), '.')",
    "'\\x41\\u0042\\'' == \"AB'\"",
    "client_ip() in ['10.9.9.9', client_ip()]",
    'true == do()',
    'true || false && false',
  ])
    test(`holds: ${text}`, () => assert.equal(holds(text), true));

  for (const text of [
    "incidr(client_ip(), '11.0.0.0/8')",
    "incidr('nonsense', '0.0.0.0/0')",
    'type() in []',
    "name() == 'www.example.org'",
    '!do() == true',
    '(true || false) && false',
    "proto() matches 'ud'",
  ])
    test(`does not hold: ${text}`, () => assert.equal(holds(text), false));

  for (const [text, problem] of [
    ['', /missing at the end/],
    ["name() = 'a'", /write "=="/],
    ["name() == 'a", /has no end/],
    ["nmae() == 'a'", /"nmae" is no function: there are name, type/],
    ["client_ip == '10.0.0.1'", /"\(" is missing before "=="/],
    ["incidr(client_ip(), '10.0.0.0/33')", /'10\.0\.0\.0\/33' is no network/],
    ["incidr(client_ip(), '10.0.0.0')", /is no network/],
    ['incidr(client_ip(), name())', /written out/],
    ["name() matches '(a'", /the regular expression '\(a': /],
    ['name() matches name()', /written out/],
    ['name()', /the expression is a text, and has to be true or false/],
    ['name() == 5', /behind "==" is a number, and has to be a text/],
    ["name() in 'a'", /behind "in" is a text, and has to be a list/],
    ['do() && name()', /what "&&" joins is a text/],
    ['!name()', /behind "!" is a text/],
    ["type('A')", /type\(\) takes nothing/],
    ['do() do()', /"do" is one thing too many/],
    ['(do()', /"\)" is missing at the end/],
    ['do() not == true', /"not ==" is no operator/],
    ['id() == 7', /id\(\) is not known here/],
    ["metadata('x') == 'y'", /metadata\(\) is not known here/],
    ['do() ? true : false', /"\?" is no part/],
    ["['a'] == ['a']", /compares no lists/],
    [`${'('.repeat(200)}do()${')'.repeat(200)}`, /more than 100 brackets/],
    [`do()${' || do()'.repeat(2000)}`, /characters/],
  ] as const)
    test(`is refused: ${text.slice(0, 40)}`, () => {
      const condition = compileCondition(text);
      assert.ok(typeof condition === 'string', 'it was taken');
      assert.match(condition, problem);
    });
});
