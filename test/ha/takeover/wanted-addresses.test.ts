// wanted-addresses.test — an address is wanted while an instance of the pair wants it, or the last of a slot did.

import assert from 'node:assert/strict';
import { fstatSync } from 'node:fs';
import { test } from 'node:test';
import { WantedAddresses } from '../../../ha/takeover/wanted-addresses.ts';
import { AddressTable } from '../../../src/handover/address-table.ts';
import { closeSockets, openSockets } from '../../../src/handover/sockets.ts';
import { freePort } from '../../lab/free-port.ts';

const [ours, theirs, last, other] = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4'] as const;

function setUp() {
  const gone: string[] = [];
  const state: { twin: { listen: readonly string[] } | undefined } = { twin: { listen: [theirs] } };
  const wanted = new WantedAddresses(
    { slot: 'primary', listen: [ours] },
    () => state.twin,
    {
      wantedOf: (slot) => (slot === 'secondary' ? [last] : []),
      giveUp: (addresses) => void gone.push(...addresses.map((one) => `sockets ${one}`)),
    },
    { unwanted: (addresses) => void gone.push(...addresses.map((one) => `node ${one}`)) },
  );
  return { wanted, gone, state };
}

test('of sockets that are handed on those are taken which this instance or its twin wants, and the others closed', async () => {
  const { wanted, gone } = setUp();
  const sockets = openSockets([ours, theirs, other], await freePort());
  const kept = wanted.take(sockets);
  assert.deepEqual(
    kept?.map(({ address }) => address),
    [ours, theirs],
  );
  assert.throws(() => fstatSync(sockets[2]!.udp), { code: 'EBADF' });
  assert.deepEqual(gone, [`node ${other}`]);
  closeSockets(kept ?? []);
  assert.equal(wanted.take(), undefined);
});

test('what neither wants is given up; without a twin what the last of its slot wanted is kept', () => {
  const { wanted, gone, state } = setUp();
  const sockets = [ours, theirs, last].map((address) => ({ address, port: 53, udp: -1, tcp: -1 }));
  const addresses = new AddressTable([ours]);
  state.twin = undefined;
  assert.equal(wanted.meet([ours], { sockets: [sockets[0]!, sockets[2]!], addresses }), false);
  assert.equal(wanted.meet([ours, theirs], { sockets: [], addresses }), true, 'a place for its address');
  assert.equal(wanted.meet([ours, theirs], { sockets: [], addresses }), false);
  state.twin = { listen: [theirs] };
  assert.equal(wanted.meet([theirs], { sockets, addresses }), true);
  assert.deepEqual([gone, wanted.meet([theirs], undefined)], [[`sockets ${last}`, `node ${last}`], false]);
});
