// wire-name.test — names as text and as bytes are the same names.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isBelow } from '../../src/message/name.ts';
import { foldName, labelsOf, nameOfLabels, nameText, parseName } from '../../src/zone/wire-name.ts';

describe('names', () => {
  test('are read with the trailing dot or without, as they are spelled', () => {
    assert.equal(parseName('www.Example'), '\x03www\x07Example\0');
    assert.equal(parseName('www.Example.'), '\x03www\x07Example\0');
    assert.equal(parseName('.'), '\0');
    assert.equal(nameText('\0'), '.');
    assert.equal(nameText('\x03www\x07Example\0'), 'www.Example.');
  });

  test('have escapes', () => {
    assert.equal(parseName('a\\.b.c'), '\x03a.b\x01c\0');
    assert.equal(parseName('a\\032b\\\\'), '\x04a b\\\0');
    assert.equal(nameText('\x04a.\x01\\\0'), 'a\\.\\001\\\\.');
    assert.equal(parseName('ü'), '\x02\xc3\xbc\0');
    assert.equal(nameText(parseName('_sip._tcp.*.x-1')!), '_sip._tcp.*.x-1.');
  });

  test('are refused when they are none', () => {
    const long = 'x'.repeat(63);
    for (const bad of [
      '',
      '..',
      '.a',
      'a..b',
      `${long}x.a`,
      'a\\',
      'a\\25',
      'a\\256',
      'a\\2x5',
      `${long}.${long}.${long}.${long}`,
    ])
      assert.equal(parseName(bad), undefined, bad);
    assert.ok(parseName(`${long}.${long}.${long}.${long.slice(2)}`));
  });

  test('fold their ASCII letters and nothing else', () => {
    assert.equal(foldName('\x03wWw\x04\xc4\x01[@\0'), '\x03www\x04\xc4\x01[@\0');
  });

  test('are within others at label borders', () => {
    const within = (name: string, suffix: string) => isBelow(parseName(name)!, parseName(suffix)!);
    assert.ok(
      within('a.example', 'example') && within('example', 'example') && within('a', '.') && within('.', '.'),
    );
    assert.ok(!within('aexample', 'example') && !within('example', 'a.example'));
    assert.ok(!isBelow('\x0a\x07example\0\0', '\x07example\0'), 'bytes of a label are no labels');
  });

  test('of any bytes come back from their text', () => {
    const label = fc
      .uint8Array({ minLength: 1, maxLength: 40 })
      .map((bytes) => Buffer.from(bytes).toString('latin1'));
    fc.assert(
      fc.property(fc.array(label, { maxLength: 5 }), (labels) => {
        const name = nameOfLabels(labels)!;
        assert.equal(parseName(nameText(name)), name);
        assert.deepEqual(labelsOf(name), labels);
      }),
    );
  });
});
