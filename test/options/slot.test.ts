// slot.test — two slots to an address, each held by one process until that process gives it up or dies.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { close, listenChannel } from 'node-reuseport';
import { nameOf, type Where } from '../../src/options/pair-directory.ts';
import { claimSlot, isAwaited, slotName } from '../../src/options/slot.ts';
import { Program } from '../lab/program.ts';

const directory = mkdtempSync(join(tmpdir(), 'twindns-slot-'));
after(() => rmSync(directory, { recursive: true }));

/** A pair of this run alone: the lock knows addresses only as text. */
const unique = (channelDirectory = mkdtempSync(join(directory, 'pair-'))): Where => ({
  listen: [randomUUID()],
  port: 53,
  channelDirectory,
});

test('auto takes the primary, then the secondary, then refuses', async () => {
  const where = unique();
  const first = claimSlot(where, 'auto');
  const second = claimSlot(where, 'auto');
  assert.deepEqual([first.slot, second.slot], ['primary', 'secondary']);
  assert.throws(() => claimSlot(where, 'auto'), {
    code: 'SLOTS_TAKEN',
    exitCode: 1,
    message: /--slot/,
  });
  for (const claim of [first, second]) claim.release();
});

test('a slot that was given up is free again', async () => {
  const where = unique();
  claimSlot(where, 'primary').release();
  const again = claimSlot(where, 'auto');
  assert.equal(again.slot, 'primary');
  again.release();
});

test('a slot asked for by name is waited for until the process that has it gives it up', async () => {
  const where = unique();
  const first = claimSlot(where, 'secondary');
  const next = claimSlot(where, 'secondary');
  assert.deepEqual([first.isOurs, next.isOurs], [true, false]);
  let waited = true;
  const ours = next.ours.then(() => waited);
  const other = claimSlot(where, 'auto');
  assert.equal(other.slot, 'primary', 'the other one is free all the while');
  waited = false;
  first.release();
  assert.equal(await ours, false, 'not before it was given up');
  const third = claimSlot(where, 'secondary');
  assert.equal(third.isOurs, false, 'it has it now');
  for (const claim of [next, third, other]) claim.release();
});

test('the order of the addresses does not matter, the port does', async () => {
  const [a, b] = [randomUUID(), randomUUID()];
  const first = claimSlot({ ...unique(), listen: [a, b] }, 'auto');
  const second = claimSlot({ ...unique(), listen: [b, a] }, 'auto');
  const other = claimSlot({ ...unique(), listen: [a, b], port: 54 }, 'auto');
  assert.deepEqual([second.slot, other.slot], ['secondary', 'primary']);
  for (const claim of [first, second, other]) claim.release();
});

/** A process of another user that has that name; ends when it is told to. */
async function squatter(t: TestContext, name: string): Promise<void> {
  const script = `const { listenChannel } = await import('node-reuseport');
    process.setuid(65534);
    listenChannel(${JSON.stringify(name)});
    console.log('has it');
    setInterval(() => {}, 1000);`;
  const program = Program.start(t, [process.execPath, '--input-type=module', '-e', script]);
  await program.says(/has it/);
}

test('a process of another user keeps no instance from a slot asked for by name', async (t) => {
  const where = unique();
  await squatter(t, slotName(where.listen, where.port, 'primary'));
  const claim = claimSlot(where, 'primary');
  assert.equal(claim.isOurs, true);
  assert.equal(await claim.ours, 65534);
  claim.release();
});

test('a process of another user keeps no instance from a slot that is free but for its name', async (t) => {
  const where = unique();
  await squatter(t, slotName(where.listen, where.port, 'primary'));
  const first = claimSlot(where, 'auto');
  const second = claimSlot(where, 'auto');
  assert.deepEqual(
    [first.slot, second.slot],
    ['secondary', 'primary'],
    'one that can be locked is taken first',
  );
  assert.deepEqual([await first.ours, await second.ours], [undefined, 65534]);
  for (const claim of [first, second]) claim.release();
});

test('a process of our own user that has only the name keeps no instance from its slot: it cannot open the directory', async () => {
  const where = unique();
  const squatting = listenChannel(slotName(where.listen, where.port, 'primary'));
  const claim = claimSlot(where, 'primary');
  const next = claimSlot(where, 'primary');
  assert.deepEqual([claim.isOurs, await claim.ours], [true, process.geteuid!()]);
  assert.equal(next.isOurs, false, 'the file tells instances apart all the same');
  close(squatting);
  claim.release();
  assert.equal(await next.ours, undefined);
  next.release();
});

test('that another process waits for a slot shows as long as it does, and what it leaves is removed', async () => {
  const where = unique();
  const waits = () => isAwaited(where, 'primary');
  const first = claimSlot(where, 'primary');
  assert.equal(waits(), false);
  const [next, third] = [claimSlot(where, 'primary'), claimSlot(where, 'primary')];
  assert.deepEqual([waits(), isAwaited(where, 'secondary')], [true, false]);
  third.release();
  next.release();
  next.release(); // its descriptor may be another's by now
  assert.equal(waits(), false);
  const left = join(where.channelDirectory!, `wait-${nameOf(where, 'primary')}`);
  writeFileSync(left, '');
  assert.deepEqual([waits(), existsSync(left)], [false, false]);
  first.release();
});

test('without a directory the name tells instances apart', async () => {
  const file = join(directory, 'file');
  writeFileSync(file, '');
  const where = unique(file);
  const first = claimSlot(where, 'primary');
  const next = claimSlot(where, 'primary');
  assert.deepEqual([first.isOurs, next.isOurs], [true, false]);
  first.release();
  assert.equal(await next.ours, undefined);
  next.release();
});

test('an instance that is killed leaves its slot free', async (t) => {
  const where = unique();
  const slot = JSON.stringify(import.meta.resolve('../../src/options/slot.js'));
  const script = `const { claimSlot } = await import(${slot});
    claimSlot(${JSON.stringify(where)}, 'primary');
    console.log('has it');
    setInterval(() => {}, 1000);`;
  const program = Program.start(t, [process.execPath, '--input-type=module', '-e', script]);
  await program.says(/has it/);
  const next = claimSlot(where, 'primary');
  assert.equal(next.isOurs, false);
  program.child.kill('SIGKILL');
  assert.equal(await next.ours, undefined);
  next.release();
});
