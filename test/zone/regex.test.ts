// regex.test — expressions mean what they mean in Go, and none takes long.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { compileRegex, loadRegexEngine, type Regex } from '../../src/zone/regex.ts';

function compiled(pattern: string): Regex {
  const regex = compileRegex(pattern);
  assert.ok(typeof regex !== 'string', `${pattern}: ${regex as string}`);
  return regex;
}

describe('expressions', () => {
  before(loadRegexEngine);

  test('match anywhere, with groups by number and name', () => {
    const regex = compiled('ip-(?P<a>\\d+)-(?<b>\\d+)(x)?[.]');
    assert.deepEqual(regex.match('an.ip-10-2.pods.'), ['ip-10-2.', '10', '2', '']);
    assert.equal(regex.match('pods.'), undefined);
    assert.ok(regex.test('ip-1-2.') && !regex.test('ip-1-.'));
    assert.deepEqual(
      [...regex.names],
      [
        ['a', 1],
        ['b', 2],
      ],
    );
    assert.equal(regex.groups, 3);
    assert.equal(regex.match('ip-1-2.ip-3-4.')![0], 'ip-1-2.', 'the first');
  });

  test('have counted repetition, classes and flags', () => {
    assert.ok(compiled('^(?:[^.]+\\.){4,}a\\.example\\.$').test('1.2.3.4.a.example.'));
    assert.ok(!compiled('^(?:[^.]+\\.){4,}a\\.example\\.$').test('2.3.4.a.example.'));
    assert.ok(compiled('(?i)^WWW').test('www.example.'));
    assert.ok(compiled('^[[:alnum:]]+\\z').test('a1'));
  });

  test('what is none is said', () => {
    const cases: [string, RegExp][] = [
      ['(unclosed', /missing closing \): `\(unclosed`/],
      ['a(?=b)', /`\(\?=`/],
      ['\\1', /invalid escape sequence/],
      ['a{2,1}', /repeat count/],
      ['(a{1000}){1000}', /repeat count/],
      ['x'.repeat(10_001), /10001 characters/],
      ['(.?){1000}'.repeat(10), /states/],
      ['('.repeat(4000) + ')'.repeat(4000), /too deeply/],
    ];
    for (const [pattern, says] of cases) assert.match(compileRegex(pattern) as string, says);
  });

  test('those that let others run for ages take no time', () => {
    const begun = process.cpuUsage().user;
    for (const pattern of ['^(a+)+$', '(a|aa)+$', '(.*a){20}$'])
      assert.equal(compiled(pattern).test(`${'a'.repeat(250)}!`), pattern.startsWith('x'));
    assert.ok(process.cpuUsage().user - begun < 2_000_000);
  });
});
