// log.test — lines a program and a person can read, not too many of them, and none that harms a terminal.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogOptions } from '../../src/log/log.ts';
import { createLog, mayColour } from '../../src/log/log.ts';

function recorded(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const clock = { now: Date.UTC(2026, 0, 2, 3, 4, 5, 678) };
  const log = createLog({
    level: 'info',
    format: 'json',
    write: (line) => lines.push(line),
    now: () => clock.now,
    ...options,
  });
  return { log, lines, clock };
}

test("JSON lines carry pino's names, the fields, and those of every line", () => {
  const { log, lines } = recorded({ always: { slot: 'primary' } });
  log.info('listening', { port: 53 });
  assert.equal(
    lines[0],
    '{"level":"info","time":"2026-01-02T03:04:05.678Z","slot":"primary","port":53,"msg":"listening"}\n',
  );
});

test('an error is told with its type, message, stack and cause', () => {
  const { log, lines } = recorded();
  log.error('failed', { err: new TypeError('outer', { cause: new Error('inner') }) });
  const { err } = JSON.parse(lines[0]!);
  assert.equal(err.type, 'TypeError');
  assert.equal(err.message, 'outer');
  assert.match(err.stack, /log\.test/);
  assert.equal(err.cause.message, 'inner');
});

test('text lines are one line whatever is in the fields', () => {
  const { log, lines } = recorded({ format: 'text', always: { slot: 'primary' } });
  log.warn('odd name', { name: 'a b\n\x1b[31m', count: 3, list: ['x'], err: new Error('bad\nworse') });
  assert.equal(lines[0]!.indexOf('\n'), lines[0]!.length - 1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is there is the point
  assert.doesNotMatch(lines[0]!, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  assert.match(
    lines[0]!,
    /^2026-01-02T03:04:05\.678Z WARN {2}odd name name="a b.*" count=3 list=\["x"\] err=/,
  );
});

test('what is below the level is not logged', () => {
  const { log, lines } = recorded({ level: 'warn' });
  log.debug('no');
  log.info('no');
  log.warn('yes');
  assert.equal(lines.length, 1);
});

test('lines that their caller limits are all written, at level info', () => {
  const { log, lines } = recorded();
  for (let i = 0; i < 100; i++) log.line('query');
  assert.equal(lines.length, 100);
  assert.match(lines[0]!, /"level":"info".*"msg":"query"/);
  const quiet = recorded({ level: 'warn' });
  quiet.log.line('query');
  assert.equal(quiet.lines.length, 0);
});

test('repeats of a message are counted after the fifth and told when their ten seconds are over', () => {
  const { log, lines, clock } = recorded();
  for (let i = 0; i < 100; i++) log.warn('upstream down', { i });
  assert.equal(lines.length, 5);
  log.info('something else');
  assert.equal(lines.length, 6);
  clock.now += 10_000;
  log.info('and another');
  assert.equal(lines.length, 8);
  const { msg, repeated } = JSON.parse(lines[6]!);
  assert.deepEqual([msg, repeated], ['upstream down', 95]);
});

test('whatever happens a line a second is written, after sixty at once, and the others are counted', () => {
  const { log, lines, clock } = recorded();
  for (let second = 0; second < 100; second++) {
    for (let i = 0; i < 20; i++) log.warn(`message ${i} of ${second}`);
    clock.now += 1000;
  }
  const told = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg.startsWith('message'));
  assert.ok(told.length >= 155 && told.length <= 161, `${told.length} lines`);
  const leftOut = lines.reduce((sum, line) => sum + (JSON.parse(line).leftOut ?? 0), 0);
  assert.ok(told.length + leftOut >= 1980, `${leftOut} left out`);
  log.error('the end');
  assert.match(lines.at(-1)!, /"msg":"the end"/);
});

test('each JSON line says who has written it', () => {
  const { log, lines } = recorded({ always: { slot: 'primary' } });
  log.warn('odd', { slot: 'secondary' });
  assert.equal(JSON.parse(lines[0]!).slot, 'primary');
});

test('colour is for terminals whose user did not forbid it', () => {
  assert.equal(mayColour(true, {}), true);
  assert.equal(mayColour(false, {}), false);
  assert.equal(mayColour(true, { NO_COLOR: '1' }), false);
  assert.equal(mayColour(true, { NO_COLOR: '' }), true);
});

test('colour marks the level alone', () => {
  const { log, lines } = recorded({ format: 'text', colour: true });
  log.info('hello');
  assert.equal(lines[0], '2026-01-02T03:04:05.678Z \x1b[32mINFO \x1b[0m hello\n');
});
