// slot.test — two slots to an address, each held by one process until that process gives it up or dies.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { claimSlot, slotName } from '../../src/options/slot.ts';
import { Program } from '../lab/program.ts';

/** A name of this run alone: the lock knows addresses only as text. */
const unique = () => [randomUUID()];

test('auto takes the primary, then the secondary, then refuses', async () => {
  const listen = unique();
  const first = claimSlot(listen, 53, 'auto');
  const second = claimSlot(listen, 53, 'auto');
  assert.deepEqual([first.slot, second.slot], ['primary', 'secondary']);
  assert.throws(() => claimSlot(listen, 53, 'auto'), {
    code: 'SLOTS_TAKEN',
    exitCode: 1,
    message: /--slot/,
  });
  for (const claim of [first, second]) claim.release();
});

test('a slot that was given up is free again', async () => {
  const listen = unique();
  claimSlot(listen, 53, 'primary').release();
  const again = claimSlot(listen, 53, 'auto');
  assert.equal(again.slot, 'primary');
  again.release();
});

test('a slot asked for by name is waited for until the process that has it gives it up', async () => {
  const listen = unique();
  const first = claimSlot(listen, 53, 'secondary');
  const next = claimSlot(listen, 53, 'secondary');
  assert.deepEqual([first.isOurs, next.isOurs], [true, false]);
  let waited = true;
  const ours = next.ours.then(() => waited);
  const other = claimSlot(listen, 53, 'auto');
  assert.equal(other.slot, 'primary', 'the other one is free all the while');
  waited = false;
  first.release();
  assert.equal(await ours, false, 'not before it was given up');
  const third = claimSlot(listen, 53, 'secondary');
  assert.equal(third.isOurs, false, 'it has it now');
  for (const claim of [next, third, other]) claim.release();
});

test('the order of the addresses does not matter, the port does', async () => {
  const [a, b] = [randomUUID(), randomUUID()];
  const first = claimSlot([a, b], 53, 'auto');
  const second = claimSlot([b, a], 53, 'auto');
  const other = claimSlot([a, b], 54, 'auto');
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
  const listen = unique();
  await squatter(t, slotName(listen, 53, 'primary'));
  const claim = claimSlot(listen, 53, 'primary');
  assert.equal(claim.isOurs, true);
  assert.equal(await claim.ours, 65534);
  claim.release();
});

test('a process of another user keeps no instance from a slot that is free but for its name', async (t) => {
  const listen = unique();
  await squatter(t, slotName(listen, 53, 'primary'));
  const first = claimSlot(listen, 53, 'auto');
  const second = claimSlot(listen, 53, 'auto');
  assert.deepEqual(
    [first.slot, second.slot],
    ['secondary', 'primary'],
    'one that can be locked is taken first',
  );
  assert.deepEqual([await first.ours, await second.ours], [undefined, 65534]);
  for (const claim of [first, second]) claim.release();
});
