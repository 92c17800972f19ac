// tcp-listener.test — a listener the system gives no connections: it pauses, longer each time, and says so.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EAGAIN, EMFILE } from 'node-reuseport';
import type { Resting } from '../../src/handover/resting.ts';
import { TcpListener } from '../../src/listen/tcp-listener.ts';
import { Deadlines } from '../../src/loop/deadlines.ts';
import type { EventLoop } from '../../src/loop/event-loop.ts';

class Trial {
  now = 0;
  watched = false;
  readonly told: number[] = [];
  /** What accepting gives, one after the other. */
  readonly results: number[] = [];
  readonly deadlines = new Deadlines(
    () => this.now,
    (error) => assert.ifError(error),
  );
  /** What it was told of work, trouble and their end. */
  readonly troubles = new Set<object>();
  readonly resting = {
    begin() {},
    end() {},
    missed() {},
    trouble: (what: object) => this.troubles.add(what),
    troubleOver: (what: object) => this.troubles.delete(what),
  } as unknown as Resting;
  readonly listener = new TcpListener(
    7,
    {
      loop: {
        watch: () => {
          this.watched = true;
          return 1;
        },
        unwatch: () => {
          this.watched = false;
        },
      } as unknown as EventLoop,
      deadlines: this.deadlines,
      now: () => this.now,
      resting: this.resting,
      onNoRoom: (error) => this.told.push(error),
    },
    () => this.results.shift() ?? -EAGAIN,
  );

  /** How long it pauses, milliseconds. */
  pause(): number {
    const from = this.now;
    assert.equal(this.watched, false);
    while (!this.watched && this.now < from + 10_000) {
      this.now += 10;
      this.deadlines.tick();
    }
    return this.now - from;
  }
}

test('no descriptor: it is not asked again at once, and ever less often until it gives connections', () => {
  const trial = new Trial();
  trial.listener.begin();
  const pauses = Array.from({ length: 6 }, () => {
    trial.results.push(0, -EMFILE);
    if (trial.told.length > 0) trial.results.shift(); // only the first time there is one before
    trial.listener.ready();
    return trial.pause();
  });
  assert.deepEqual(pauses, [50, 100, 200, 400, 800, 800]);
  assert.deepEqual(trial.told, Array(6).fill(-EMFILE));
  trial.results.push(0, -EAGAIN, 0);
  trial.listener.ready();
  assert.equal(trial.watched, true);
  trial.results.splice(0, 1, -EMFILE);
  trial.listener.ready();
  assert.equal(trial.pause(), 50);
});

test('one that is stopped while it pauses stays so', () => {
  const trial = new Trial();
  trial.listener.begin();
  trial.results.push(-EMFILE);
  trial.listener.ready();
  trial.listener.stop();
  trial.now += 10_000;
  trial.deadlines.tick();
  assert.equal(trial.watched, false);
});
