// monitor-in-network — the monitor beside an interface and a table of nftables that come and go; within a network of its own.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Absences, NodeMonitor } from '../../../chaos/host/node-monitor.ts';
import { familyOf } from '../../lab/program.ts';

const ADDRESS = '169.254.20.10';

const ip = (...args: string[]) => execFileSync('ip', args);

/** The interface, and the table of a process that owns it: as a leader has them. Returns how the owner is ended. */
async function node(t: TestContext): Promise<() => Promise<unknown>> {
  ip('tuntap', 'add', 'dev', 'nodelocaldns', 'mode', 'tun');
  t.after(() => ip('link', 'delete', 'nodelocaldns'));
  ip('address', 'add', `${ADDRESS}/32`, 'dev', 'nodelocaldns');
  const owner = spawn('nft', ['--json', '--interactive'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const end = async () => {
    const gone = once(owner, 'exit');
    owner.kill('SIGKILL');
    await gone;
  };
  t.after(() => owner.exitCode ?? owner.signalCode ?? end());
  owner.stdin.write('add table inet twindns { flags owner; }\nlist tables\n');
  await once(owner.stdout, 'data'); // the answer to the second
  return end;
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
}

/** What is missing once this was done; before it nothing is. */
async function missing(act: () => unknown): Promise<Absences['missing']> {
  const before = await new NodeMonitor('nodelocaldns', ADDRESS).stop();
  assert.deepEqual(before.missing, []);
  const monitor = new NodeMonitor('nodelocaldns', ADDRESS);
  await act();
  return (await monitor.stop()).missing;
}

test('an absence that ends is seen, and looks with it are told from those without', async (t) => {
  await node(t);
  const [said] = await missing(async () => {
    ip('address', 'delete', `${ADDRESS}/32`, 'dev', 'nodelocaldns');
    await pause(100); // the absence itself
    ip('address', 'add', `${ADDRESS}/32`, 'dev', 'nodelocaldns');
  });
  const [, times, looks] = /missing at (\d+) of (\d+) looks/.exec(said!)!.map(Number);
  assert.ok(times! > 1 && times! < looks!, said);
});

test('an address that is gone is seen', async (t) => {
  await node(t);
  const [said, ...more] = await missing(() =>
    ip('address', 'delete', `${ADDRESS}/32`, 'dev', 'nodelocaldns'),
  );
  assert.match(said!, /^The interface or its address was missing at \d+ of \d+ looks\.$/);
  assert.deepEqual(more, []);
});

test('the address on another interface is none', async (t) => {
  await node(t);
  const [said] = await missing(() => {
    ip('address', 'delete', `${ADDRESS}/32`, 'dev', 'nodelocaldns');
    ip('address', 'add', `${ADDRESS}/32`, 'dev', 'lo');
    t.after(() => ip('address', 'delete', `${ADDRESS}/32`, 'dev', 'lo'));
  });
  assert.match(said!, /^The interface or its address was missing/);
});

test('a table that goes with its owner is seen, of which the kernel tells nobody', async (t) => {
  const endOwner = await node(t);
  const [said, ...more] = await missing(endOwner);
  assert.match(said!, /^The table of the rules was missing at \d+ of \d+ looks\.$/);
  assert.deepEqual(more, []);
});

test('a monitor that cannot ask says so', async (t) => {
  await node(t);
  for (const program of ['ip', 'nft']) {
    const [said] = await missing(() => {
      const asked = familyOf(process.pid).filter((pid) => commandOf(pid) === program);
      process.kill(Math.max(...asked), 'SIGKILL'); // the owner of the table is an older one
    });
    assert.match(said!, new RegExp(`^The interface and the rules could not be asked for: .*${program} -`));
  }
});
