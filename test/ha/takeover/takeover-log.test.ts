// takeover-log.test — a twin's fault is told once, with how often; what may be our own fault is not told as the twin's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Holdings } from '../../../ha/peers/holdings.ts';
import { TakeoverLog } from '../../../ha/takeover/takeover-log.ts';
import type { Fields } from '../../../src/log/log.ts';
import { silentLog } from '../../lab/resolver.ts';

const twin = { pid: 7 };
const held = { slot: 'primary', layout: {}, withheldRecord: undefined } as unknown as Holdings;
const done = { replayed: 3, connections: 0, torn: 0, suspects: 0, withheldInHand: undefined };

class Stage {
  now = 1_000_000;
  readonly stalls = { endedAt: Number.NEGATIVE_INFINITY };
  readonly told: string[] = [];
  silentFor = 500;
  readonly log: TakeoverLog;

  constructor() {
    const write =
      (level: string) =>
      (message: string, fields: Fields = {}) =>
        void this.told.push(`${level} ${message} ${JSON.stringify(fields)}`);
    const log = { ...silentLog, info: write('INFO'), warn: write('WARN') };
    this.log = new TakeoverLog(log, this.stalls, () => this.now);
  }

  /** So many milliseconds, a look each 10. */
  pass(ms: number, { isBeside = false, isThere = true, stalls = false } = {}): void {
    for (const end = this.now + ms; this.now < end; this.now += 10) {
      if (stalls) this.stalls.endedAt = this.now;
      const beside = {
        isReadBeside: isBeside,
        readReason: 'stuck',
        silentFor: isBeside ? this.silentFor : 0,
      } as const;
      this.log.look(isThere ? { ...twin, ...beside, serves: held } : undefined, this.now);
    }
  }

  took(reason: 'died' | 'stuck' | 'left'): void {
    this.log.took(reason, held, twin.pid, done, 1.234, this.now);
  }
}

test('each death is told; from the third in five minutes on with how many, and where to look', () => {
  const stage = new Stage();
  for (let i = 0; i < 4; i++) {
    stage.took('died');
    stage.pass(10_000, { isThere: i % 2 === 0 });
  }
  assert.match(stage.told[0]!, /^WARN twin died: its queries are answered here \{"twin":"primary","pid":7/);
  assert.doesNotMatch(stage.told[1]!, /deaths/);
  assert.match(stage.told[2]!, /^WARN twin died again.*kubectl describe pod.*"deaths":3,"minutes":5/);
  stage.pass(600_000);
  stage.took('died');
  assert.match(stage.told.at(-1)!, /^WARN twin died: /);
});

test('a twin that is stuck again and again is told of once a minute, with how often', () => {
  const stage = new Stage();
  for (let i = 0; i < 40; i++) {
    stage.took('stuck');
    stage.pass(100, { isBeside: true });
    stage.pass(2900);
  }
  assert.equal(stage.told.length, 2);
  assert.match(stage.told[1]!, /"times":\d+/);
});

test('an instance that did not run itself blames no twin', () => {
  const stage = new Stage();
  for (let i = 0; i < 40; i++) {
    stage.stalls.endedAt = stage.now;
    stage.log.beside(twin, stage.now);
    stage.took('stuck');
    stage.pass(500, { isBeside: true });
    stage.pass(2500);
  }
  assert.equal(stage.told.length, 0);
});

test('… and tells what it saw if that lasts while it runs', () => {
  const stage = new Stage();
  stage.stalls.endedAt = stage.now;
  stage.took('stuck');
  stage.pass(3000, { isBeside: true });
  assert.equal(stage.told.length, 1);
  assert.match(stage.told[0]!, /^WARN twin stuck/);
});

test('a twin that is silent for long is told of, however busy the machine is', () => {
  const stage = new Stage();
  stage.stalls.endedAt = stage.now;
  stage.took('stuck');
  stage.pass(4000, { isBeside: true, stalls: true });
  assert.equal(stage.told.length, 0);
  stage.silentFor = 6000;
  stage.pass(100, { isBeside: true, stalls: true });
  assert.match(stage.told[0]!, /^WARN twin stuck/);
});

test('a moment beside the twin is not told; ten in a minute are, and one of five seconds', () => {
  const calm = new Stage();
  for (let i = 0; i < 22; i++) {
    calm.log.beside(twin, calm.now);
    calm.pass(250, { isBeside: true });
    calm.pass(38_000);
  }
  assert.equal(calm.told.length, 0);
  const often = new Stage();
  for (let i = 0; i < 30; i++) {
    often.log.beside(twin, often.now);
    often.pass(1000);
  }
  assert.equal(often.told.length, 1);
  assert.match(often.told[0]!, /^WARN the twin often does not read its sockets in time.*"times":11/);
  const long = new Stage();
  long.log.beside(twin, long.now);
  long.pass(20_000, { isBeside: true });
  assert.equal(long.told.length, 1);
  assert.match(long.told[0]!, /for long.*"seconds":5/);
});

test('an instance that is alone for a minute says so, again after ten, and when it is not', () => {
  const stage = new Stage();
  stage.pass(30_000, { isThere: false });
  stage.pass(30_000);
  assert.equal(stage.told.length, 0);
  stage.pass(700_000, { isThere: false });
  stage.pass(10_000);
  assert.deepEqual(
    stage.told.map((line) => line.replace(/ beside.*?( again)? \{/, '$1 {')),
    [
      'WARN no twin serves {"for":"1m"}',
      'WARN no twin serves {"for":"10m"}',
      'INFO a twin serves again {"after":"11m40s"}',
    ],
  );
});
