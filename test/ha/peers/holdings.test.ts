// holdings.test — what a twin shows again is held once; what is new of it is known.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { Arena } from 'node-reuseport';
import { openOwnState } from '../../../ha/peers/process-state.ts';
import { closeSockets, type ListenSockets } from '../../../src/handover/sockets.ts';
import { endpointsAt, openAt } from '../../lab/endpoints.ts';
import { freePort } from '../../lab/free-port.ts';
import { holdingsOf, memoryOf } from '../../lab/holdings.ts';

const descriptors = () => readdirSync('/proc/self/fd').length;

test('what is held already is held no second time, and what the arena names by now is known', async () => {
  const arena = new Arena({ ring: 8, parked: 4 });
  const port = await freePort();
  const places = endpointsAt(['127.0.0.1'], port);
  const shown = (sockets: readonly ListenSockets[]) => {
    return { sockets, arenaFd: memoryOf(arena), stateFd: openOwnState(), places };
  };
  const holdings = holdingsOf('secondary', arena);
  const before = descriptors();
  assert.equal(holdings.showsAgain(shown([])), true);
  assert.deepEqual([holdings.places, descriptors()], [places, before]);
  const others = shown(openAt(['127.0.0.1'], port));
  assert.equal(holdings.showsAgain(others), false);
  assert.deepEqual([holdings.sockets, descriptors()], [[], before + 4], 'the caller’s still');
  closeSockets(others.sockets);
  holdings.close();
});
