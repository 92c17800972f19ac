// query-log.test — which queries are told, and that a flood of them is a sample with its size.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type QueryFacts, writeQueryLine } from '../../src/log/query-format.ts';
import { QueryLines, QueryLog } from '../../src/log/query-log.ts';
import type { QueryLogPlan, ReplyClass } from '../../src/plan/log-plan.ts';
import { wire } from '../lab/question.ts';

const all = ['success', 'denial', 'error'] as const;

function logOf(plans: readonly QueryLogPlan[], most?: number) {
  const lines: string[] = [];
  const told: string[] = [];
  const sink = new QueryLines(
    (line) => lines.push(line),
    (leftOut, of) => told.push(`${leftOut} of ${of}`),
    most,
  );
  const log = new QueryLog(plans);
  let classified = 0;
  const add = (name: string, now = 0, replyClass: ReplyClass = 'success') => {
    const format = log.formatOf(wire(name), () => {
      classified++;
      return replyClass;
    });
    if (format !== undefined) sink.add(now, () => writeQueryLine(format, { name: `${name}.` } as QueryFacts));
  };
  return { lines, told, add, sink, classified: () => classified };
}

test('the first rule whose zone a name is in decides, also that it is not told', () => {
  const { lines, add, classified } = logOf([
    { zones: ['mail.example', 'b.example'], classes: ['denial', 'error'], format: 'one {name}' },
    { zones: ['example'], classes: all, format: 'two {name}' },
  ]);
  add('a.mail.example');
  add('a.mail.example', 0, 'denial');
  add('B.example'.toLowerCase(), 0, 'error');
  add('c.example');
  add('example.org');
  assert.deepEqual(lines, ['one a.mail.example.', 'one b.example.', 'two c.example.']);
  assert.equal(classified(), 4, 'replies to names of no rule are not looked at');
});

test('the root is all names', () => {
  const { lines, add } = logOf([{ zones: [''], classes: all, format: '{name}' }]);
  add('a.example');
  assert.deepEqual(lines, ['a.example.']);
});

test('above the limit a second has the first lines, the next one a sample, and each tells what it left out', () => {
  const { lines, told, add, sink } = logOf([{ zones: [''], classes: all, format: '{name}' }], 100);
  for (let i = 0; i < 950; i++) add(`a${i}`, 10_000 + i);
  assert.equal(lines.length, 100);
  assert.equal(lines.at(-1), 'a99.');
  for (let i = 0; i < 950; i++) add(`b${i}`, 11_000 + i);
  assert.deepEqual(told, ['850 of 950']);
  assert.equal(lines.length, 195, 'one of ten');
  assert.equal(lines.at(-1), 'b940.');
  sink.settle(11_999);
  assert.equal(told.length, 1);
  sink.settle(12_000);
  assert.deepEqual(told, ['850 of 950', '855 of 950']);
  for (let i = 0; i < 90; i++) add(`c${i}`, 14_000 + i);
  sink.settle(15_000);
  assert.equal(lines.length, 195 + 90, 'after a quiet second all are told again');
  assert.equal(told.length, 2);
});

test('a sample takes no more than the limit when the flood grows', () => {
  const { lines, add } = logOf([{ zones: [''], classes: all, format: '{name}' }], 10);
  for (let second = 0, count = 1; second < 4; second++, count *= 20) {
    const before = lines.length;
    for (let i = 0; i < count; i++) add('a', second * 1000);
    assert.ok(lines.length - before <= 10);
  }
});
