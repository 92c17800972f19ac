// sieges.test — pods attack a pair in all the ways they have at once: others are answered, probes too, and no instance dies.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChaosRun } from '../../chaos/report/outcome.ts';
import { chaosSuite, runToEnd } from '../lab/program.ts';

test('nothing pods do to a pair ends an instance, or keeps answers from others', {
  timeout: 90_000,
}, async () => {
  const args = ['attacks-at-once', '--subject=twindns', '--seconds=2', '--seed=3', '--json=-'];
  const { stdout, stderr } = await runToEnd([...chaosSuite, ...args], { timeoutMs: 80_000 });
  assert.notEqual(stdout, '', stderr);
  const [outcome] = (JSON.parse(stdout) as ChaosRun).outcomes;
  const { udp, tcp, figures, faults, notes } = outcome!;
  const told = JSON.stringify({ udp, tcp, figures, faults, notes }, undefined, 1);
  assert.ok(udp.sent > 500 && tcp.sent > 100, told);
  assert.deepEqual([udp.never, udp.wrong, tcp.never, tcp.wrong], [0, 0, 0, 0], told);
  // How long answers take is for a machine that does nothing else, and so for `npm run chaos`.
  assert.deepEqual(
    faults.filter(
      (fault) =>
        /ended with|cached names|probes failed|scrapes|brought about/.test(fault) && !/p99/.test(fault),
    ),
    [],
    told,
  );
  const memory = figures.find(({ what }) => what.startsWith('memory'))!;
  assert.ok(memory.value > 30 && memory.value < memory.most, told);
  // Each attacker has done what it is there for.
  for (const attack of ['unread-answers', 'udp-questions', 'admin-connections', 'tcp-pipeline', 'tcp-idle'])
    assert.match(notes.find((note) => note.startsWith(attack)) ?? '', /: \d{2,}|: \d+,\d+/, told);
});
