// slot.test — two slots to an address, each held by one process until that process gives it up or dies.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { claimSlot } from '../../src/options/slot.ts';

/** A name of this run alone: the lock knows addresses only as text. */
const unique = () => [randomUUID()];

test('auto takes the primary, then the secondary, then refuses', async () => {
  const listen = unique();
  const first = await claimSlot(listen, 53, 'auto');
  const second = await claimSlot(listen, 53, 'auto');
  assert.deepEqual([first.slot, second.slot], ['primary', 'secondary']);
  await assert.rejects(claimSlot(listen, 53, 'auto'), {
    code: 'SLOTS_TAKEN',
    exitCode: 1,
    message: /--slot/,
  });
  await Promise.all([first.release(), second.release()]);
});

test('a slot that was given up is free again', async () => {
  const listen = unique();
  await (await claimSlot(listen, 53, 'primary')).release();
  const again = await claimSlot(listen, 53, 'auto');
  assert.equal(again.slot, 'primary');
  await again.release();
});

test('a slot asked for by name is waited for until the process that has it gives it up', async () => {
  const listen = unique();
  const first = await claimSlot(listen, 53, 'secondary');
  const next = await claimSlot(listen, 53, 'secondary');
  assert.deepEqual([first.isOurs, next.isOurs], [true, false]);
  let waited = true;
  const ours = next.ours.then(() => waited);
  assert.equal((await claimSlot(listen, 53, 'auto')).slot, 'primary', 'the other one is free all the while');
  waited = false;
  await first.release();
  assert.equal(await ours, false, 'not before it was given up');
  const third = await claimSlot(listen, 53, 'secondary');
  assert.equal(third.isOurs, false, 'it has it now');
  await Promise.all([next.release(), third.release()]);
});

test('the order of the addresses does not matter, the port does', async () => {
  const [a, b] = [randomUUID(), randomUUID()];
  const first = await claimSlot([a, b], 53, 'auto');
  const second = await claimSlot([b, a], 53, 'auto');
  const other = await claimSlot([a, b], 54, 'auto');
  assert.deepEqual([second.slot, other.slot], ['secondary', 'primary']);
  await Promise.all([first, second, other].map((claim) => claim.release()));
});
