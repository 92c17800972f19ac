// type-names.test — types and classes by name and number.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  className,
  classNumber,
  classNumbers,
  typeName,
  typeNames,
  typeNumber,
} from '../../src/message/type-names.ts';

test('types have names, and the unknown are TYPE and a number', () => {
  for (const name of typeNames) assert.equal(typeName(typeNumber(name)!), name);
  assert.deepEqual(
    [typeName(1), typeName(65), typeName(0), typeName(65_280)],
    ['A', 'HTTPS', 'TYPE0', 'TYPE65280'],
  );
  assert.equal(typeNumber('TYPE65280'), 65_280);
});

for (const name of ['a', 'AAA', 'TYPE65536', 'TYPE', 'toString', '*', ''])
  test(`no type: ${name}`, () => assert.equal(typeNumber(name), undefined));

test('classes', () => {
  assert.deepEqual([1, 3, 4, 255, 9].map(className), ['IN', 'CH', 'HS', 'ANY', 'CLASS9']);
  assert.deepEqual(['IN', 'CH', 'CLASS9', 'in', 'CLASS65536'].map(classNumber), [
    1,
    3,
    9,
    undefined,
    undefined,
  ]);
  assert.equal(classNumbers.get('NONE'), 254);
});
