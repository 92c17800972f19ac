// estate — what a twin would hold of a process, made by a test.

import { openSync } from 'node:fs';
import type { Arena } from 'node-reuseport';
import type { HeldConnections } from '../../ha/peers/held-connections.ts';
import { Estate } from '../../ha/peers/holdings.ts';
import { openOwnLife } from '../../ha/peers/process-state.ts';
import type { Slot } from '../../src/config.ts';
import type { ListenSockets } from '../../src/listen/sockets.ts';

/** A descriptor of an arena's memory, for who closes what it is given. */
export function memoryOf({ fd }: Pick<Arena, 'fd'>): number {
  return openSync(`/proc/self/fd/${fd}`, 'r+');
}

/** A descriptor of how a process fares. */
export function lifeOf(pid: number): number {
  return openSync(`/proc/${pid}/task/${pid}`, 'r');
}

/** @param lifeFd by default that of the test itself, which lives */
export function estateOf(
  slot: Slot,
  arena: Pick<Arena, 'fd'>,
  {
    sockets = [],
    connections,
    lifeFd = openOwnLife(),
  }: {
    readonly sockets?: readonly ListenSockets[];
    readonly connections?: HeldConnections;
    readonly lifeFd?: number;
  } = {},
): Estate {
  return new Estate(slot, { sockets, arenaFd: memoryOf(arena), lifeFd }, connections);
}
