// disasters.test — a pair is struck again and again and loses no query; the same load sees the losses of pairs that do.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { ChaosRun, Outcome } from '../../chaos/outcome.ts';
import { runToEnd, twindns } from '../lab/program.ts';

const out = mkdtempSync(join(tmpdir(), 'twindns-disasters-'));
after(() => rmSync(out, { recursive: true }));
const load = ['--rate=3000', '--seed=3', '--json=-', `--out=${out}`];
/** Lines of a log that are told of what did not hold. */
const LINES = 200;

async function chaos(...args: string[]): Promise<readonly Outcome[]> {
  const { stdout, stderr } = await runToEnd([...twindns, 'chaos', ...args, ...load], { timeoutMs: 120_000 });
  assert.notEqual(stdout, '', stderr);
  return (JSON.parse(stdout) as ChaosRun).outcomes;
}

/** Everything about an outcome that a person needs who has to find out why. */
function told({ scenario, subject, udp, tcp, faults, notes }: Outcome): string {
  const log = join(out, `${scenario}-${subject}.log`);
  const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(-LINES) : [];
  return [JSON.stringify({ scenario, subject, udp, tcp, faults, notes }, undefined, 1), ...lines].join('\n');
}

test('no query is lost or answered wrongly, whatever strikes one of the pair', {
  timeout: 120_000,
}, async () => {
  const scenarios = [
    ...['rolling-update', 'both-at-once', 'kill-primary', 'kill-secondary', 'freeze', 'query-of-death'],
    'leader-killed',
  ];
  const outcomes = await chaos(...scenarios, '--subject=twindns', '--disasters=6', '--connections=60');
  assert.deepEqual(
    outcomes.map(({ scenario }) => scenario),
    scenarios,
  );
  const disasters = outcomes.flatMap((outcome) => outcome.disasters);
  assert.ok(disasters.length >= 20, `${disasters.length} disasters`);
  for (const outcome of outcomes) {
    const { never, wrong, sent } = outcome.udp;
    assert.ok(sent > 3000, told(outcome));
    assert.deepEqual(
      { never, wrong, drops: outcome.kernelDrops },
      { never: 0, wrong: 0, drops: 0 },
      told(outcome),
    );
    assert.ok(outcome.tcp.sent > 100, told(outcome));
    assert.deepEqual([outcome.tcp.never, outcome.tcp.wrong], [0, 0], told(outcome));
    // Of the scenarios' own checks: one instance dies of such a query, and it is refused.
    assert.ok(!outcome.faults.some((fault) => /died|query of death/.test(fault)), told(outcome));
  }
});

test('the same load sees what pairs lose that do not look after each other', {
  timeout: 120_000,
}, async () => {
  const killed = await chaos(
    'kill-primary',
    '--subject=no-custody,unbound',
    '--disasters=8',
    '--connections=200',
  );
  for (const outcome of killed) {
    assert.ok(outcome.udp.never > 0, told(outcome));
    // Unbound's connections are so short that a few kills may miss them.
    assert.ok(outcome.held || outcome.subject === 'unbound', told(outcome));
  }
  const [frozen] = await chaos('freeze', '--subject=no-custody', '--disasters=2', '--connections=60');
  assert.ok(frozen!.held && frozen!.udp.late > 100, told(frozen!));
});

test('with interface and rules that go with their holders, the death of both leaves clients to the cluster DNS', {
  timeout: 120_000,
}, async () => {
  const [dead] = await chaos('both-dead-fails-open', '--disasters=2', '--connections=20');
  assert.deepEqual([dead!.disasters.length, dead!.faults], [2, []], told(dead!));
  assert.ok(dead!.udp.never > 100, told(dead!));
});
