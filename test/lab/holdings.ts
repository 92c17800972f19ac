// holdings — what a twin would hold of a process, made by a test.

import { openSync } from 'node:fs';
import type { Arena } from 'node-reuseport';
import type { HeldConnections } from '../../ha/peers/held-connections.ts';
import { Holdings } from '../../ha/peers/holdings.ts';
import { openOwnState } from '../../ha/peers/process-state.ts';
import type { Slot } from '../../src/config.ts';
import { EndpointTable } from '../../src/handover/endpoint-table.ts';
import type { ListenSockets } from '../../src/handover/sockets.ts';

/** A descriptor of an arena's memory, for who closes what it is given. */
export function memoryOf({ fd }: Pick<Arena, 'fd'>): number {
  return openSync(`/proc/self/fd/${fd}`, 'r+');
}

/** A descriptor of how a process fares. */
export function stateOf(pid: number): number {
  return openSync(`/proc/${pid}/task/${pid}`, 'r');
}

/** @param stateFd by default that of the test itself, which lives */
export function holdingsOf(
  slot: Slot,
  arena: Pick<Arena, 'fd'>,
  {
    sockets = [],
    connections,
    stateFd = openOwnState(),
  }: {
    readonly sockets?: readonly ListenSockets[];
    readonly connections?: HeldConnections;
    readonly stateFd?: number;
  } = {},
): Holdings {
  const { all: places } = new EndpointTable(sockets, sockets[0]?.port ?? 0);
  return new Holdings(slot, { sockets, arenaFd: memoryOf(arena), stateFd, places }, connections);
}
