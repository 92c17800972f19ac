// wanted-endpoints.test — an endpoint is wanted while an instance of the pair wants it, or the last of a slot did.

import assert from 'node:assert/strict';
import { fstatSync } from 'node:fs';
import { test } from 'node:test';
import { WantedEndpoints } from '../../../ha/takeover/wanted-endpoints.ts';
import { type Endpoint, formatEndpoint } from '../../../src/config.ts';
import { EndpointTable } from '../../../src/handover/endpoint-table.ts';
import { closeSockets, openSockets } from '../../../src/handover/sockets.ts';
import { freePort } from '../../lab/free-port.ts';

const port = await freePort();
/** Of two that differ in their port alone, one is wanted. */
const [ours, theirs, last, other] = [
  { address: '127.0.0.1', port },
  { address: '127.0.0.2', port },
  { address: '127.0.0.3', port },
  { address: '127.0.0.1', port: await freePort() },
] as const;

function setUp() {
  const gone: string[] = [];
  const state: { twin: { wanted: readonly Endpoint[] } | undefined } = { twin: { wanted: [theirs] } };
  const wanted = new WantedEndpoints(
    { slot: 'primary', listeners: [ours] },
    () => undefined,
    () => state.twin,
    {
      wantedOf: (slot) => (slot === 'secondary' ? [last] : []),
      giveUp: (endpoints) => void gone.push(...endpoints.map((one) => `sockets ${formatEndpoint(one)}`)),
    },
    { unwanted: (endpoints) => void gone.push(...endpoints.map((one) => `node ${formatEndpoint(one)}`)) },
  );
  return { wanted, gone, state };
}

test('of sockets that are handed on those are taken which this instance or its twin wants, and the others closed', () => {
  const { wanted, gone } = setUp();
  const sockets = openSockets([ours, theirs, other]);
  const kept = wanted.take(sockets);
  assert.deepEqual(
    kept?.map(({ address, port }) => ({ address, port })),
    [ours, theirs],
  );
  assert.throws(() => fstatSync(sockets[2]!.udp), { code: 'EBADF' });
  assert.deepEqual(gone, [`node ${formatEndpoint(other)}`]);
  closeSockets(kept ?? []);
  assert.equal(wanted.take(), undefined);
});

test('what neither wants is given up; without a twin what the last of its slot wanted is kept', () => {
  const { wanted, gone, state } = setUp();
  const sockets = [ours, theirs, last].map((endpoint) => ({ ...endpoint, udp: -1, tcp: -1 }));
  const endpoints = new EndpointTable([ours], port);
  state.twin = undefined;
  assert.equal(wanted.meet([ours], { sockets: [sockets[0]!, sockets[2]!], endpoints }), false);
  assert.equal(wanted.meet([ours, theirs], { sockets: [], endpoints }), true, 'a place for its address');
  assert.equal(wanted.meet([ours, theirs], { sockets: [], endpoints }), false);
  state.twin = { wanted: [theirs] };
  assert.equal(wanted.meet([theirs], { sockets, endpoints }), true);
  assert.deepEqual(
    [gone, wanted.meet([theirs], undefined)],
    [[`sockets ${formatEndpoint(last)}`, `node ${formatEndpoint(last)}`], false],
  );
});
