// arm64.test — the parts of `npm run arm64` that need no other machine: its command line, what it takes for a loss, what it runs.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ChaosRun, Outcome } from '../../chaos/report/outcome.ts';
import { verdict } from '../../chaos/verdict.ts';
import { root } from '../repository/files.ts';
import { accountOf, lossesOf } from './losses.ts';
import { parseOptions, UsageError } from './options.ts';
import { inMachine, translated } from './unit-tests.ts';

test('without arguments all is tried; each part can be named alone', () => {
  const all = { parts: ['units', 'machine'], rate: 200, connections: 10, disasters: 3, text: undefined };
  assert.deepEqual(parseOptions([]), all);
  assert.deepEqual(parseOptions(['--part', 'machine']).parts, ['machine']);
  assert.deepEqual(parseOptions(['--part=machine,units']).parts, ['units', 'machine']);
  assert.equal(parseOptions(['--rate', '50', '--disasters', '1']).rate, 50);
  assert.match(parseOptions(['--help']).text!, /^Usage: npm run arm64/);
});

test('what is not understood is said', () => {
  for (const wrong of ['--part=all', '--rate=0', '--disasters=x', '--connections=1.5', '--what', 'machine'])
    assert.throws(() => parseOptions([wrong]), UsageError, wrong);
});

test('delays in a slow machine are none of its losses', () => {
  const account = {
    sent: 1000,
    once: 999,
    twice: 0,
    wrong: 0,
    never: 1,
    late: 50,
    p50: 1,
    p999: 99,
    worst: 99,
  };
  const faults = verdict({
    ...{ expects: 'no loss', disasters: 1, udp: account, tcp: { ...account, never: 0 } },
    ...{ fates: { opened: 1, reset: 0, cut: 0, closed: 0, refused: 0, why: new Map() }, strays: 0 },
    ...{ kernelDrops: 0, listenDrops: 0, delay: { ms: 50, share: 0.001 }, figures: [], further: [] },
  });
  assert.equal(faults.length, 3);
  const outcome = {
    scenario: 'freeze',
    subject: 'twindns',
    disasters: [],
    udp: account,
    tcp: account,
    faults,
  };
  const shown = { outcomes: [outcome as unknown as Outcome] } satisfies Pick<ChaosRun, 'outcomes'>;
  assert.deepEqual(lossesOf(shown), ['freeze against twindns: 1 queries over UDP were never answered.']);
  assert.match(accountOf(shown)[0]!, /UDP 1 of 1000 lost/);
});

test('the tests that are run there exist', () => {
  for (const name of [...translated, ...inMachine])
    assert.ok(existsSync(join(root, `node-reuseport/test/${name}.test.mjs`)), name);
});
