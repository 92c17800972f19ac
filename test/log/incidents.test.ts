// incidents.test — what lasts is told, once a minute at most, with a word when it is over; what passes is not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Incident, Incidents } from '../../src/log/incidents.ts';

function stage() {
  const lines: string[] = [];
  const clock = { now: 5_000_000 };
  const write =
    (level: string) =>
    (message: string, fields: object = {}) =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const incidents = new Incidents(
    { info: write('INFO'), warn: write('WARN'), error: write('ERROR') },
    () => clock.now,
  );
  /** So many seconds of it, a look each half a second. */
  const last = (seconds: number, kind?: string, subject = 'a server') => {
    for (let i = 0; i < 2 * seconds; i++) {
      incidents.look(kind === undefined ? new Map() : new Map([[subject, incident(kind)]]));
      clock.now += 500;
    }
  };
  return { lines, last };
}

function incident(kind: string): Incident {
  return {
    level: 'warn',
    kind,
    lasts: 3000,
    tell: () => ({ message: `it is ${kind}`, fields: { to: 'x' } }),
    over: () => ({ message: 'it is well', fields: { was: kind } }),
  };
}

test('what passes within three seconds is not told', () => {
  const { lines, last } = stage();
  for (let i = 0; i < 100; i++) {
    last(2, 'down');
    last(1);
  }
  assert.deepEqual(lines, []);
});

test('what lasts is told once, then after ten minutes and an hour, then when it is over', () => {
  const { lines, last } = stage();
  last(4, 'down');
  assert.deepEqual(lines, ['WARN it is down {"to":"x","for":"3s"}']);
  last(590, 'down');
  assert.equal(lines.length, 1);
  last(10, 'down');
  assert.equal(lines[1], 'WARN it is down {"to":"x","for":"10m"}');
  last(2 * 3600, 'down');
  assert.deepEqual(lines.slice(2), ['WARN it is down {"to":"x","for":"1h"}']);
  last(4);
  assert.equal(lines.length, 3);
  last(2);
  assert.equal(lines[3], 'INFO it is well {"was":"down","after":"2h10m"}');
});

test('a subject that comes and goes is warned of once a minute at most, and so is one that changes', () => {
  const { lines, last } = stage();
  for (let i = 0; i < 60; i++) {
    last(5, i % 2 === 0 ? 'down' : 'slow');
    last(5);
  }
  const warnings = lines.filter((line) => line.startsWith('WARN'));
  assert.ok(warnings.length >= 5 && warnings.length <= 11, `${warnings.length} in ten minutes`);
});

test('another kind of the same subject is told when its minute is over', () => {
  const { lines, last } = stage();
  last(10, 'slow');
  last(10, 'down');
  assert.equal(lines.length, 1);
  last(45, 'down');
  assert.deepEqual(
    lines.map((line) => line.split(' ')[3]),
    ['slow', 'down'],
  );
});

test('subjects do not wait for each other', () => {
  const { lines, last } = stage();
  last(4, 'down', 'one');
  last(4, 'down', 'another');
  assert.equal(lines.filter((line) => line.startsWith('WARN')).length, 2);
});
