// process-state.test — what the kernel tells of a process that gives no sign of life: whether it is gone, stopped, busy or kept from
// running.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { bindUdp, close } from 'node-reuseport';
import { openOwnState, ProcessState } from '../../../ha/peers/process-state.ts';
import { coreProcess } from '../../lab/core-process.ts';
import { idleProcess } from '../../lab/idle-process.ts';

const BEAT = 4711;

function lifeAt(t: TestContext, fd: number): ProcessState {
  const life = new ProcessState(fd);
  t.after(() => close(fd));
  return life;
}

/** Looks at it as a twin does that hears nothing of it since its beat, until it was silent for `ms` milliseconds. */
async function silent(life: ProcessState, ms: number, beat = BEAT): Promise<void> {
  const started = performance.now();
  for (let silence = 0; silence <= ms; silence = performance.now() - started) {
    life.observe(beat, silence);
    await pause(10);
  }
}

test('one that runs in circles is busy, after a while; one that waits is not', async (t) => {
  for (const [way, busy] of [
    ['busy', true],
    ['idle', false],
  ] as const) {
    const life = lifeAt(t, (await idleProcess(t, way)).stateFd);
    await silent(life, 400);
    assert.ok(life.observedFor(BEAT) > 0);
    assert.equal(life.isBusy(BEAT, 100), busy, way);
    assert.equal(life.isBusy(BEAT, 1000), false, 'not for that long');
    assert.deepEqual([life.observedFor(BEAT + 1), life.isBusy(BEAT + 1, 100)], [0, false], 'not since then');
  }
});

test('what one did before its last beat is not counted', async (t) => {
  const process = await idleProcess(t, 'busy');
  const life = lifeAt(t, process.stateFd);
  await silent(life, 300, BEAT - 1);
  await process.stop();
  await silent(life, 300);
  assert.ok(life.observedFor(BEAT) > 50); // less than passed: looks of ours may have been late
  assert.equal(life.isBusy(BEAT, 100), false);
});

test('nothing follows from one look', (t) => {
  const life = lifeAt(t, openOwnState());
  life.observe(BEAT, 500);
  assert.deepEqual([life.observedFor(BEAT), life.isBusy(BEAT, 100)], [0, false]);
});

test('stopped is told from gone, and from alive', async (t) => {
  const process = await idleProcess(t);
  const life = lifeAt(t, process.stateFd);
  const seen = () => [life.isStopped, life.isGone];
  assert.deepEqual(seen(), [false, false]);
  await process.stop();
  assert.deepEqual(seen(), [true, false]);
  await process.kill();
  assert.deepEqual(seen(), [false, true]);
});

test('one that was busy and is gone stays what it was', async (t) => {
  const process = await idleProcess(t, 'busy');
  const life = lifeAt(t, process.stateFd);
  await silent(life, 400);
  await process.kill();
  life.observe(BEAT, 500);
  life.observe(BEAT, 600);
  assert.deepEqual([life.isGone, life.isBusy(BEAT, 100)], [true, true]);
});

test('one whose memory is written to a file is gone before that is done', async (t) => {
  const process = await coreProcess(t, 128);
  const life = lifeAt(t, process.stateFd);
  assert.equal(life.isGone, false);
  process.abort();
  while (!life.isGone) await pause(1);
  assert.ok(process.hasMemory);
  await process.gone;
});

test('a name with brackets and spaces in it does not confuse', () => {
  const script = `
    process.title = 'a) T 1 (b';
    const { ProcessState, openOwnState } = await import(${JSON.stringify(import.meta.resolve('../../../ha/peers/process-state.js'))});
    const life = new ProcessState(openOwnState());
    console.log(life.isStopped, life.isGone);`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.equal(said, 'false false\n');
});

test('a descriptor of something else tells nothing: neither gone nor stopped; silent, it may be busy', async (t) => {
  for (const fd of [openSync('/dev/null', 'r'), bindUdp({ address: '127.0.0.1', port: 0 })]) {
    const life = lifeAt(t, fd);
    assert.deepEqual([life.isGone, life.isStopped], [false, false]);
    await silent(life, 200);
    assert.equal(life.isBusy(BEAT, 100), true);
  }
});
