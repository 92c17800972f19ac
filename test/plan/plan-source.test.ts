// plan-source.test — a Corefile is read again when it changes and when it is asked for; no change and no wish is lost meanwhile.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Log } from '../../src/log/log.ts';
import { flagsPlan } from '../../src/options/flags-plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planSource, type Reading } from '../../src/plan/plan-source.ts';
import { labConfig } from '../lab/resolver.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, line() {} };
const usual = flagsPlan(labConfig);

/** A source whose file is read by hand. The text is the interval of looks, `refused`, or anything else for none. */
async function open(t: TestContext, text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-plan-'));
  const corefile = join(folder, 'Corefile');
  let now = text;
  let held: (() => void)[] | undefined;
  const put = (next: string) => {
    now = next;
    writeFileSync(corefile, next);
  };
  put(text);
  const read = async (): Promise<Reading> => {
    const seen = now;
    await new Promise<void>((resolve) => (held === undefined ? resolve() : held.push(resolve)));
    const fault = { file: corefile, line: 1, sentence: 'it is wrong.' };
    const reload = Number(seen) > 0 ? { interval: Number(seen), jitter: 0 } : undefined;
    const faults = seen === 'refused' ? [fault] : [];
    const plan = { ...usual, reload, text: seen } as Plan;
    return { plan, faults, dropped: 0, warnings: [], files: [corefile], remarks: [] };
  };
  const source = await planSource({ ...labConfig, corefile }, silent, read);
  const taken: string[] = [];
  const counters = { reloads: 0, reloadsFailed: 0 };
  const given = { refusal: undefined as Error | undefined };
  const end = source.watch((plan) => {
    if (given.refusal !== undefined) throw given.refusal;
    taken.push((plan as Plan & { text: string }).text);
  }, counters);
  t.after(() => {
    end();
    rmSync(folder, { recursive: true });
  });
  return {
    ...{ put, taken, counters, end, given },
    /** Readings wait from now on; what it returns lets them go on. */
    hold() {
      const waiting: (() => void)[] = [];
      held = waiting;
      return () => {
        held = undefined;
        for (const resolve of waiting) resolve();
      };
    },
  };
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (const end = performance.now() + 2000; !holds(); await new Promise(setImmediate))
    assert.ok(performance.now() < end, what);
}

test('what is asked for while a file is read is done behind it, once', async (t) => {
  const file = await open(t, 'first');
  const goOn = file.hold();
  process.emit('SIGHUP');
  file.put('second');
  for (let i = 0; i < 100; i++) process.emit('SIGUSR1');
  goOn();
  await until(() => file.taken.includes('second'), `the second was never taken: ${file.taken}`);
  assert.deepEqual([file.taken, file.counters.reloads], [['first', 'second'], 2]);
});

test('a file that changes while it is read is read again at the next look', async (t) => {
  const file = await open(t, '5');
  const goOn = file.hold();
  process.emit('SIGHUP');
  await new Promise(setImmediate);
  file.put('later');
  goOn();
  await until(() => file.taken.includes('later'), `the change was never seen: ${file.taken}`);
});

test('a file that says to be looked at is, whatever made it read', async (t) => {
  const file = await open(t, 'never');
  file.put('5');
  process.emit('SIGHUP');
  await until(() => file.taken.length === 1, 'the signal was not obeyed');
  file.put('found by looking');
  await until(() => file.taken.length === 2, 'nobody looked');
});

test('what is refused leaves the plan, and what could not be served is tried again', async (t) => {
  const file = await open(t, '5');
  file.put('refused');
  await until(() => file.counters.reloadsFailed > 0, 'it was not refused');
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual([file.counters.reloadsFailed, file.taken], [1, []], 'once, since nothing has changed');
  file.given.refusal = new Error('the port is taken');
  file.put('6');
  await until(() => file.counters.reloadsFailed > 2, 'it was not tried again');
  file.given.refusal = undefined;
  await until(() => file.taken.length > 0, 'it was not taken once it could be');
});

test('nothing is taken when it is over', async (t) => {
  const file = await open(t, 'first');
  const goOn = file.hold();
  process.emit('SIGHUP');
  file.end();
  goOn();
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  assert.deepEqual(file.taken, []);
});
