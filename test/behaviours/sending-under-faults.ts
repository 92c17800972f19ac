// sending-under-faults — answers the kernel has no room for just now; runs where calls can be made to fail.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { mapMemory } from 'node-reuseport';
import { FailingCalls } from '../../chaos/host/failing-calls.ts';
import { unanswered } from '../../ha/takeover/unanswered.ts';
import { readLayout } from '../../src/handover/layout.ts';
import { type Lab, startLab } from '../lab/resolver.ts';

const faults = FailingCalls.own();
const names = ['hot.example', 'warm.example', 'new.example', 'newer.example'];

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 5000; !holds(); await pause(5)) {
    assert.ok(performance.now() < end, `${holds} is not true after 5 s`);
  }
}

/** Names in the cache and others, asked while no answer can be sent. */
async function askInVain(t: TestContext, errno: 'ENOBUFS' | 'ENOMEM' | 'EAGAIN') {
  const lab = await startLab(t);
  for (const name of names.slice(0, 2)) for (let i = 0; i < 2; i++) await lab.ask(name);
  faults.set({ call: 'sendmmsg', errno, kind: 'udp' });
  const asked = names.map((name) => lab.ask(name));
  for (const one of asked) one.catch(() => {});
  await until(() => bound(lab).held > 0 && unansweredIn(lab) >= names.length);
  return { lab, asked };
}

const bound = (lab: Lab) => lab.resolver.status().budget.find(({ name }) => name === 'held_replies')!;

/** As a twin would find them. */
function unansweredIn({ handover }: Lab): number {
  const memory = mapMemory(handover.arenaFd);
  return unanswered(memory, readLayout(memory)!).length;
}

test('answers the kernel has no room for lie in the arena unanswered, and are sent when it has', async (t) => {
  for (const errno of ['ENOBUFS', 'ENOMEM', 'EAGAIN'] as const) {
    const { lab, asked } = await askInVain(t, errno);
    faults.clear();
    for (const [i, reply] of (await Promise.all(asked)).entries())
      assert.ok(reply.question.includes(names[i]!.split('.')[0]!), errno);
    const { events } = lab.resolver.counters;
    assert.equal(events.sendErrors, 0, errno);
    await lab.ask('last.example'); // its batch leaves no datagram of an earlier one marked
    assert.deepEqual([bound(lab).held, lab.table.context.parking.used, unansweredIn(lab)], [0, 0, 0], errno);
  }
});

test('while the kernel has no room an instance neither spins nor waits for it', async (t) => {
  const { lab, asked } = await askInVain(t, 'ENOBUFS');
  const before = faults.made;
  const { user, system } = process.cpuUsage();
  await pause(300);
  const used = process.cpuUsage({ user, system });
  assert.ok(faults.made - before <= 40, `${faults.made - before} calls`);
  assert.ok(used.user + used.system < 150_000, JSON.stringify(used));
  faults.clear();
  await Promise.all(asked);
  await lab.settled();
});

test('an answer that could not be sent while its client waited is given up and counted', async (t) => {
  const { lab } = await askInVain(t, 'ENOBUFS');
  lab.clock.skip(5);
  await until(() => bound(lab).held === 0);
  assert.equal(lab.resolver.counters.events.sendErrors, names.length);
  assert.equal(lab.table.context.parking.used, 0);
  faults.clear();
  await lab.ask('hot.example');
});
