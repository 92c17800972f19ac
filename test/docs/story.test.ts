// story.test — what the page of ha shows of an instance that dies, hangs or is stopped is what the other one really says.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import type { Account } from '../../chaos/load/ledger.ts';
import { startDemoUpstream } from '../../src/demo/upstream.ts';
import { freePort } from '../lab/free-port.ts';
import { type Instance, startInstance } from '../lab/instance.ts';
import { Load } from '../lab/load.ts';
import { runToEnd, twindns } from '../lab/program.ts';
import { pageAt, sectionOf } from './pages.ts';
import { hasShape } from './shape.ts';
import { chaptersOf } from './story.ts';

const chapters = chaptersOf(sectionOf(pageAt('ha/README.md'), 'What happens when'));
const [dies, returns, hangs, stops] = chapters;

/** Milliseconds for a chapter, on a machine that other tests share. */
const PATIENCE = 40_000;

/** Resolves when an instance has told all lines of a chapter, numbers aside. */
async function tells(instance: Instance, { title, lines }: (typeof chapters)[number]): Promise<void> {
  const { port } = instance.admin;
  let missing = [...lines];
  for (const end = performance.now() + PATIENCE; missing.length > 0; ) {
    const { stdout } = await runToEnd([...twindns, 'status', `--admin=127.0.0.1:${port}`]);
    // A connection kept from the time before may end just when it is used again.
    const metrics = await fetch(`http://127.0.0.1:${port}/metrics`).then(
      (answer) => answer.text(),
      () => '',
    );
    const log = instance.program.said.replace(/^[\dTZ:.-]+ /gm, '');
    const told = `${log}\n${stdout}\n${metrics}`.split('\n');
    missing = missing.filter((line) => !told.some((real) => hasShape(line, real)));
    assert.ok(missing.length === 0 || performance.now() < end, `${title}\nnot told: ${missing.join('\n')}`);
  }
}

async function setUp(t: TestContext) {
  const upstream = await startDemoUpstream({ delayMs: 40 });
  t.after(() => upstream.stop());
  const port = await freePort();
  const dns = `--cluster-dns=127.0.0.1:${upstream.endpoint.port}`;
  const start = (slot: string) =>
    startInstance(t, [`--port=${port}`, `--slot=${slot}`, dns, '--upstream=192.0.2.1', '--log-format=text']);
  const instances = { primary: await start('primary'), secondary: await start('secondary') };
  const name = (n: number) => `new-${n}.cluster.local`;
  const load = Load.start(t, { target: { address: '127.0.0.1', port }, rate: 800, ports: 32, name });
  return { ...instances, start, load };
}

test('the story on the page is what happens', { timeout: 6 * PATIENCE }, async (t) => {
  assert.equal(chapters.length, 4);
  const { primary, secondary, start, load } = await setUp(t);
  let account: Account;
  try {
    await secondary.program.says(/twin found/);
    const killed = once(primary.program.child, 'exit');
    primary.program.child.kill('SIGKILL');
    await killed;
    await tells(secondary, dies!);
    const next = await start('primary');
    await tells(secondary, returns!);
    next.program.child.kill('SIGSTOP');
    await tells(secondary, hangs!);
    next.program.child.kill('SIGCONT');
    const stopped = once(next.program.child, 'exit');
    next.program.child.kill('SIGTERM');
    await stopped;
    await tells(secondary, stops!);
  } finally {
    account = await load.finish();
  }
  assert.equal(account.never, 0);
});

test('chapters of a section are told apart', () => {
  const page = 'Intro.\n\n**A.** It\nis:\n\n```text\nWARN  a b=1\n```\n\nB:\n\n```text\ntwindns_b 2\n```\n';
  assert.deepEqual(
    chaptersOf(page).map(({ lines }) => lines),
    [['WARN  a b=1'], ['twindns_b 2']],
  );
});
