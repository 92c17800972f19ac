// disasters.test — a pair is struck again and again and loses no query; the same load sees the losses of pairs that do.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { ChaosRun, Outcome } from '../../chaos/report/outcome.ts';
import { chaosSuite, runToEnd } from '../lab/program.ts';

const out = mkdtempSync(join(tmpdir(), 'twindns-disasters-'));
after(() => rmSync(out, { recursive: true }));
const load = ['--rate=2000', '--seed=3', '--json=-', `--out=${out}`];
/** Lines of a log that are told of what did not hold. */
const LINES = 200;

async function chaos(...args: string[]): Promise<readonly Outcome[]> {
  const { stdout, stderr } = await runToEnd([...chaosSuite, ...args, ...load], { timeoutMs: 120_000 });
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
  const ours = ['--subject=twindns', '--connections=60'];
  const scenarios = ['rolling-update', 'kill-primary', 'kill-secondary', 'freeze', 'query-of-death'];
  const outcomes = [
    ...(await chaos(...scenarios, 'leader-killed', ...ours, '--disasters=2')),
    ...(await chaos('both-at-once', 'failing-calls', ...ours, '--disasters=2')),
  ];
  assert.deepEqual(
    outcomes.map(({ scenario }) => scenario),
    [...scenarios, 'leader-killed', 'both-at-once', 'failing-calls'],
  );
  const disasters = outcomes.flatMap((outcome) => outcome.disasters);
  assert.ok(disasters.length >= 6 * 2 + 2 * 2, `${disasters.length} disasters`);
  for (const outcome of outcomes) {
    const { never, wrong, sent } = outcome.udp;
    assert.ok(sent > 2000, told(outcome));
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

// Losses are waited for, and mostly that is what these do.
describe('the same load sees', { concurrency: 2, timeout: 120_000 }, () => {
  test('what a pair without custody loses, killed', async () => {
    const args = ['--subject=no-custody', '--disasters=4', '--connections=200'];
    const [killed] = await chaos('kill-primary', ...args);
    // Where no processor time is left over, what a dead instance had received may be all over TCP.
    assert.ok(killed!.udp.never + killed!.tcp.never > 0, told(killed!));
    assert.ok(killed!.held || killed!.udp.never === 0, told(killed!));
  });

  test('what a pair without custody holds up, frozen', async () => {
    const [frozen] = await chaos('freeze', '--subject=no-custody', '--disasters=2', '--connections=60');
    assert.ok(frozen!.held && frozen!.udp.late > 100, told(frozen!));
  });

  test('that with the death of both, interface and rules leave clients to the cluster DNS', async () => {
    const [dead] = await chaos('both-dead-fails-open', '--disasters=2', '--connections=20');
    assert.deepEqual([dead!.disasters.length, dead!.faults], [2, []], told(dead!));
    assert.ok(dead!.udp.never > 100, told(dead!));
  });
});
