// server-record.test — how a server fares, in one word, at a clock of the test's own: it changes when something lasts, and not before.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FailureReason } from '../../src/status.ts';
import { ServerRecord } from '../../src/upstream/server-record.ts';

/** A server and the time. */
class Stage {
  now = 1_000_000;
  readonly record = new ServerRecord('192.0.2.1:53', 'udp', this.now, this.now - 25_000);

  get state() {
    return this.record.state;
  }

  get status() {
    return this.record.status(this.now);
  }

  /** So many questions, apart by so many milliseconds; of each what comes of it. */
  ask(count: number, apart: number, outcome: (i: number) => FailureReason | number): void {
    for (let i = 0; i < count; i++) {
      const started = this.now;
      this.record.sent(started);
      const came = outcome(i);
      if (typeof came === 'string' && came !== 'timeout') this.record.answered(this.now, 2);
      if (typeof came === 'number') {
        this.record.answered(this.now, came);
        this.record.served(this.now);
      } else this.record.failed(this.now, came, started);
      this.pass(apart);
    }
  }

  pass(ms: number): void {
    for (let left = ms; left > 0; left -= 250) {
      this.now += Math.min(left, 250);
      this.record.look(this.now);
    }
  }
}

test('nothing is known of a server before its first answer; one that is asked nothing for a minute is unasked again', () => {
  const stage = new Stage();
  stage.pass(1000);
  assert.equal(stage.state, 'unasked');
  stage.ask(1, 100, () => 2);
  assert.equal(stage.state, 'up');
  stage.pass(59_000);
  assert.equal(stage.state, 'up');
  stage.pass(2000);
  assert.equal(stage.state, 'unasked');
  assert.equal(stage.status.latencyMs, null, 'an old value is none');
});

test('down after 3 s and 3 sends without an answer, not after a moment, nor for one question', () => {
  const stage = new Stage();
  stage.ask(10, 50, () => 2);
  stage.ask(28, 100, () => 'timeout');
  assert.notEqual(stage.state, 'down');
  stage.ask(4, 100, () => 'timeout');
  assert.equal(stage.state, 'down');
  assert.equal(stage.status.reason, 'timeout');
  assert.equal(stage.status.healthy, false);
  const patient = new Stage();
  patient.ask(2, 100, () => 'timeout');
  patient.pass(10_000);
  assert.notEqual(patient.state, 'down');
});

test('back after three answers and a second; what was sent before does not count against it', () => {
  const stage = new Stage();
  stage.ask(10, 50, () => 2);
  stage.ask(50, 100, () => 'timeout');
  assert.equal(stage.state, 'down');
  const sentBefore = stage.now;
  stage.pass(1000);
  stage.ask(2, 100, () => 2);
  assert.equal(stage.state, 'down');
  stage.ask(20, 100, () => 2);
  for (let i = 0; i < 20; i++) stage.record.failed(stage.now, 'timeout', sentBefore);
  stage.pass(250);
  assert.equal(stage.state, 'up');
});

test('failing when one in ten comes to nothing, with the reason; well again at half of that', () => {
  for (const reason of ['servfail', 'formerr', 'malformed', 'timeout'] as const) {
    const stage = new Stage();
    stage.ask(100, 20, (i) => (i % 5 === 0 ? reason : 2));
    assert.equal(stage.state, 'failing', reason);
    assert.equal(stage.status.reason, reason);
    stage.ask(50, 20, (i) => (i % 13 === 0 ? reason : 2)); // 8 %
    assert.equal(stage.state, 'failing', 'not well enough');
    stage.ask(60, 100, () => 2);
    stage.pass(5000);
    assert.equal(stage.state, 'up');
  }
  const good = new Stage();
  good.ask(1000, 20, (i) => (i % 15 === 0 ? 'servfail' : 2)); // 7 %
  assert.equal(good.state, 'up');
});

test('a fifth of all datagrams lost for minutes is one state, not many', () => {
  const stage = new Stage();
  stage.ask(60, 20, (i) => (i % 5 === 0 ? 'timeout' : 2));
  let state = 7;
  const seen = new Set<string>();
  for (let i = 0; i < 3000; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    stage.ask(1, 20, () => (state / 2 ** 32 < 0.2 ? 'timeout' : 2));
    seen.add(stage.state);
  }
  assert.deepEqual([...seen], ['failing']);
});

test('slow when half of the answers take four times what is usual; not for some slow names', () => {
  const stage = new Stage();
  stage.ask(300, 50, (i) => (i % 4 === 0 ? 1500 : 8));
  assert.equal(stage.state, 'up');
  stage.ask(600, 50, () => 531);
  assert.equal(stage.state, 'slow');
  assert.ok(Math.abs(stage.status.latencyMs! - 531) < 60, `${stage.status.latencyMs}`);
  assert.ok(stage.record.usual! < 12, `${stage.record.usual}`);
  stage.ask(900, 50, () => 8);
  assert.equal(stage.state, 'up');
});

test('answers that come after all, too late, make it slow instead of failing', () => {
  const stage = new Stage();
  stage.ask(10, 50, () => 2);
  for (let i = 0; i < 60; i++) {
    stage.record.sent(stage.now);
    stage.record.failed(stage.now, 'timeout', stage.now);
    stage.record.answered(stage.now, 5000, true);
    stage.pass(100);
  }
  assert.equal(stage.state, 'slow');
  assert.ok(stage.status.lastMinute.p99Ms! > 4500);
});

test('what this machine did not let us send makes no server silent', () => {
  const stage = new Stage();
  stage.ask(10, 50, () => 2);
  for (let i = 0; i < 50; i++) {
    stage.record.sent(stage.now);
    stage.record.withheld();
    stage.pass(100);
  }
  assert.equal(stage.state, 'up');
});

test('the last minute is told: what was asked, what failed by reason, how long the others took', () => {
  const stage = new Stage();
  stage.ask(10, 0, () => 'servfail');
  stage.pass(70_000);
  stage.ask(100, 10, (i) => (i < 4 ? 'formerr' : i < 99 ? 8 : 400));
  const { lastMinute, requests, failures } = stage.status;
  assert.deepEqual([lastMinute.asked, lastMinute.failed], [100, { formerr: 4 }]);
  assert.ok(Math.abs(lastMinute.medianMs! - 8) < 1, `${lastMinute.medianMs}`);
  assert.deepEqual([requests, failures], [110, 14]);
});
