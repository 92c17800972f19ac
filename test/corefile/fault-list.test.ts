// fault-list.test — faults are told one a line, each once, in the order of the files, with the word that was meant.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultList, formatFaults } from '../../src/corefile/fault-list.ts';
import { nearest } from '../../src/corefile/nearest.ts';

const word = (text: string, line: number, file = 'Corefile') => ({ text, line, file, isQuoted: false });

test('each is told once, file by file, line by line', () => {
  const faults = new FaultList();
  faults.opened('Corefile');
  faults.opened('a.conf');
  faults.refuse(word('x', 1, 'a.conf'), 'three.');
  faults.refuse(word('x', 9), 'two.');
  faults.refuse(word('x', 2), 'one.');
  faults.refuse(word('x', 9), 'two.');
  assert.equal(formatFaults(faults.faults), 'Corefile:2: one.\nCorefile:9: two.\na.conf:1: three.');
  assert.equal(formatFaults(faults.faults, 7, 1), 'Corefile:2: one.\nand 9 more.');
  assert.deepEqual([faults.isRefused, faults.warnings], [true, []]);
});

test('what is in a file neither ends a line nor moves a cursor', () => {
  const faults = new FaultList();
  faults.refuse(word('x', 1), 'a\nb\u001b[2Jc');
  assert.equal(formatFaults(faults.faults), 'Corefile:1: a\\x0ab\\x1b[2Jc');
});

test('the known word that is nearest is told where it is near', () => {
  const known = ['forward', 'cache', 'log', 'loop', 'import', 'prometheus'];
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['forwrad', 'forward'],
    ['Forward', 'forward'],
    ['cahce', 'cache'],
    ['lgo', 'log'],
    ['promethues', 'prometheus'],
    ['inport', 'import'],
    ['kubernetes', undefined],
    ['a', undefined],
    ['', undefined],
    ['x'.repeat(100_000), undefined],
  ];
  for (const [text, meant] of rows) assert.equal(nearest(text, known), meant, text.slice(0, 20));
});
