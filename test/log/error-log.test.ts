// error-log.test — errors of upstreams, one by one or counted by pattern.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorLog, type ErrorPattern } from '../../src/log/error-log.ts';
import type { Fields, Log } from '../../src/log/log.ts';

function recorded(patterns: readonly Partial<ErrorPattern & { re: RegExp }>[]) {
  const lines: string[] = [];
  const at = (level: string) => (message: string, fields?: Fields) => {
    lines.push([level, message, ...Object.values(fields ?? {})].join(' '));
  };
  const log: Log = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    line: at('line'),
  };
  const whole = patterns.map(({ re = /./, ...rest }) => ({
    pattern: re.source,
    matches: (sentence: string) => re.test(sentence),
    within: 5000,
    level: 'error' as const,
    showFirst: false,
    ...rest,
  }));
  return { errors: new ErrorLog(whole, log), lines };
}

const timeout = 'read udp 10.0.0.53:53: i/o timeout';

test('without patterns each is told with its query', () => {
  const { errors, lines } = recorded([]);
  errors.add('www.example.', 1, 2, timeout, 0);
  assert.deepEqual(lines, [`error ${timeout} www.example. A SERVFAIL`]);
});

test('those that match are counted from the first on, and told when the time is over', () => {
  const { errors, lines } = recorded([
    { re: /^Failed/, within: 1000 },
    { re: /timeout$/, within: 300_000, level: 'warn' },
  ]);
  for (let i = 0; i < 3; i++) errors.add('a.', 1, 2, timeout, 1000 + i);
  errors.add('a.', 1, 2, 'no route', 1003);
  assert.deepEqual(lines, ['error no route a. A SERVFAIL']);
  errors.settle(300_999);
  assert.equal(lines.length, 1);
  errors.settle(301_000);
  assert.equal(lines[1], "warn 3 errors like 'timeout$' occurred in last 5m");
  errors.settle(700_000);
  assert.equal(lines.length, 2);
});

test('the first that fits counts, and one alone is told, too', () => {
  const { errors, lines } = recorded([{ re: /udp/ }, { re: /timeout/, level: 'info' }]);
  errors.add('a.', 1, 2, timeout, 0);
  errors.add('a.', 1, 2, 'again', 6000);
  assert.deepEqual(lines, ["error 1 errors like 'udp' occurred in last 5s", 'error again a. A SERVFAIL']);
});

test('the first is told at once where that is asked for, and the count only if there are more', () => {
  const { errors, lines } = recorded([{ re: /timeout/, showFirst: true, level: 'debug' }]);
  errors.add('a.', 28, 2, timeout, 0);
  assert.deepEqual(lines.splice(0), [`debug ${timeout} a. AAAA SERVFAIL`]);
  errors.settle(5000);
  assert.deepEqual(lines, []);
  errors.add('a.', 28, 2, timeout, 6000);
  errors.add('b.', 28, 2, timeout, 7000);
  errors.close();
  assert.deepEqual(lines.slice(1), ["debug 2 errors like 'timeout' occurred in last 5s"]);
  errors.close();
  assert.equal(lines.length, 2);
});
