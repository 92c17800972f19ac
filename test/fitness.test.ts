// fitness.test — an instance that cannot do its work ends while its twin is well, and says why; what passes is waited for.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { leaveGroup } from 'node-reuseport';
import type { Slot } from '../src/config.ts';
import { type Unfit, watchFitness } from '../src/fitness.ts';
import { testUnderFaults } from './lab/inside.ts';
import { startLab } from './lab/resolver.ts';

/** Looks every 250 ms of a clock that the test turns. */
function watched(t: TestContext, slot: Slot, twin: boolean) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  t.after(() => t.mock.timers.reset());
  const said: string[] = [];
  const state = { unfit: undefined as Unfit | undefined, now: 1000, ended: 0, said };
  const stop = watchFitness({
    slot,
    log: { error: (text) => void said.push(text) },
    now: () => state.now,
    unfit: () => state.unfit,
    hasTwin: () => twin,
    end: () => {
      state.ended++;
    },
  });
  t.after(stop);
  const pass = (ms: number) => {
    for (let i = 0; i < ms; i += 250) {
      state.now += 250;
      t.mock.timers.tick(250);
    }
  };
  return { state, pass };
}

const deaf: Unfit = { reason: 'no query comes to its sockets', since: 0, isDeaf: true };
const mute: Unfit = { reason: 'the kernel takes no answers', since: 0, isDeaf: false };

test('an instance whose trouble stays ends once, beside a twin', (t) => {
  const { state, pass } = watched(t, 'primary', true);
  state.unfit = deaf;
  pass(1000);
  assert.equal(state.ended, 0);
  pass(5000);
  assert.deepEqual(
    [state.ended, state.said],
    [1, ['no query comes to its sockets: this instance ends, the twin carries on']],
  );
});

test('what passes ends no instance', (t) => {
  const { state, pass } = watched(t, 'primary', true);
  for (let i = 0; i < 5; i++) {
    state.unfit = { ...mute, since: state.now };
    pass(1000);
    state.unfit = undefined;
    pass(250);
  }
  assert.equal(state.ended, 0);
});

test('what strikes both ends the primary first', (t) => {
  const { state, pass } = watched(t, 'secondary', true);
  state.unfit = mute;
  pass(2500);
  assert.equal(state.ended, 0);
  pass(1000);
  assert.equal(state.ended, 1);
});

test('without a twin an instance ends only if no query comes to it at all, and later', (t) => {
  const { state, pass } = watched(t, 'primary', false);
  state.unfit = mute;
  pass(20_000);
  assert.equal(state.ended, 0);
  state.unfit = undefined;
  pass(250);
  state.unfit = deaf;
  pass(5000);
  assert.equal(state.ended, 0);
  pass(2000);
  assert.deepEqual([state.ended, state.said], [1, ['no query comes to its sockets: this instance ends']]);
  t.mock.timers.reset();
});

test('a resolver whose sockets have left their group knows it', async (t) => {
  const { resolver } = await startLab(t);
  assert.equal(resolver.unfit(), undefined);
  leaveGroup(resolver.sockets[0]!.udp);
  assert.deepEqual(resolver.unfit(), deaf);
});

test('sockets on which calls keep failing', { timeout: 60_000 }, (t) =>
  testUnderFaults(t, 'test/behaviours/reading-under-faults.js'),
);
