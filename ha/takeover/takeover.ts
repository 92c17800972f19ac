// takeover — goes on with the work of a process that cannot: its connections first, then what it had not answered, and last
// what it may have died of.
//
// What a live process might be touching at this very moment is withheld, and settled later: one connection it may be serving,
// one datagram it may be busy with.

import { fstatSync } from 'node:fs';
import { close, mapMemory, monotonicMs, shutdown } from 'node-reuseport';
import {
  BEAT,
  BUSY,
  CONNECTION_IN_HAND,
  CONNECTION_TAG,
  CRASHED,
  FENCED,
  IN_HAND,
  IN_HAND_AT,
} from '../../src/handover/arena-words.ts';
import type { Handover, SharedConnection } from '../../src/handover/handover.ts';
import { readLayout } from '../../src/handover/layout.ts';
import type { Adoptable } from '../peers/held-connections.ts';
import type { Holdings } from '../peers/holdings.ts';
import { HANGS, HANGS_FOR_GOOD } from '../timing.ts';
import type { Replay, Replays } from './replays.ts';
import { type Left, unanswered } from './unanswered.ts';

/**
 * dead: it will never come back. unsure: it may, and must find its connections taken then. stuck: likewise, and it may yet
 * answer the datagram it has in hand.
 */
export type Condition = 'dead' | 'unsure' | 'stuck';

export interface Takeover {
  /** Queries answered for it. */
  readonly replayed: number;
  readonly connections: number;
  /** Connections ended because an answer on them was torn. */
  readonly torn: number;
  /** Queries refused unseen: it may have died of them. */
  readonly suspects: number;
  /** The datagram it is busy with, as IN_HAND has it: it is withheld until more is known. */
  readonly withheldInHand: number | undefined;
}

/** @param replays answers the queries: some now, the rest in turns */
export function takeOver(
  holdings: Holdings,
  handover: Handover,
  condition: Condition,
  replays: Replays,
): Takeover {
  const { layout, memory, state, connections: held } = holdings;
  handover.connections.lost(); // to it, before it ended
  if (layout === undefined) {
    held.close();
    return { replayed: 0, connections: 0, torn: 0, suspects: 0, withheldInHand: undefined };
  }
  if (held.size > 0 && !state.isGone) claimConnections(holdings, handover);
  const served = holdings.word(BUSY) - 1;
  const withheldRecord =
    condition !== 'dead' && served >= 0 && !isFenced(holdings, served) ? served : undefined;
  holdings.withheldRecord = withheldRecord;
  const inHand = holdings.word(IN_HAND);
  const byConnection = inHand >= CONNECTION_IN_HAND;
  const crashed = inHand > 0 && holdings.word(CRASHED) !== 0;
  const hangs = inHand > 0 && state.isBusy(holdings.word(BEAT), HANGS);
  const withheldInHand = hangs && !crashed && condition === 'stuck' && !byConnection ? inHand : undefined;
  const guilty = crashed || (hangs && withheldInHand === undefined);
  const suspectRecord = guilty && byConnection ? inHand - CONNECTION_IN_HAND : undefined;
  const adoptables = held.release(memory, layout, (record) => record !== withheldRecord);
  const { connections, torn } = adopt(adoptables, handover, suspectRecord, holdings.word(IN_HAND_AT));

  const withheldTag = withheldRecord === undefined ? undefined : CONNECTION_TAG + withheldRecord;
  const found = unanswered(memory, layout, placesIn(handover, holdings)).filter(
    (query) =>
      query.tag !== withheldTag && query.place + 1 !== withheldInHand && !holdings.replayed.has(query),
  );
  // Those of a connection that is withheld here are not answered now.
  for (const query of found) if (query.tag < CONNECTION_TAG) holdings.replayed.add(query);
  const suspect = found.find(({ place }) => place + 1 === inHand);
  const isRefused = suspect !== undefined && (guilty || suspect.triedBefore);
  replayAll(
    found.filter((query) => query !== suspect),
    handover,
    connections,
    replays,
    suspect && { query: suspect, manner: isRefused ? 'refused' : 'suspect' },
  );
  holdings.isTakenOver = condition === 'dead';
  return {
    replayed: found.length,
    connections: connections.size,
    torn,
    suspects: (isRefused ? 1 : 0) + (suspectRecord === undefined ? 0 : 1),
    withheldInHand,
  };
}

/**
 * What became of the datagram a stuck process was busy with: answered after all, and nothing is done; or it is refused unseen,
 * since its process hangs on it. True when there is no more to find out.
 */
export function settleInHand(
  holdings: Holdings,
  handover: Handover,
  withheld: number,
  replays: Replays,
): boolean {
  const { layout, memory, state } = holdings;
  if (layout === undefined || holdings.word(IN_HAND) !== withheld) return true;
  if (!state.isBusy(holdings.word(BEAT), HANGS_FOR_GOOD)) return false;
  const found = unanswered(memory, layout, placesIn(handover, holdings)).find(
    ({ place }) => place + 1 === withheld,
  );
  if (found !== undefined) replays.add([{ query: found, manner: 'refused' }], new Map());
  return true;
}

/**
 * Takes the connection that was withheld because its process might have been serving it, once that is stopped. A process that
 * goes on finds it taken, and gives it with the others.
 */
export function settleWithheld(holdings: Holdings, handover: Handover, replays: Replays): void {
  const { withheldRecord } = holdings;
  if (withheldRecord === undefined) return;
  const hasLetGo = !handover.journal.hasTaken(holdings.epoch);
  if (!hasLetGo && !isFenced(holdings, withheldRecord)) return;
  holdings.withheldRecord = undefined;
  if (!hasLetGo) adoptRest(holdings, handover, 'all', replays);
}

/**
 * Goes on with connections of ours that the twin had taken before it died, as if we had died ourselves: it may have come to
 * their queries, or not. Only when all has been heard of what it did: those it has told of are where it got with them.
 */
export function takeBack({ takenFromUs }: Holdings, handover: Handover, replays: Replays): void {
  if (takenFromUs.size === 0) return;
  const memory = mapMemory(handover.arenaFd);
  const layout = readLayout(memory)!;
  const inode = (fd: number) => fstatSync(fd).ino; // the same for all duplicates of a socket
  const served = new Map(
    [...handover.connections.all].map((connection) => [inode(connection.fd), connection]),
  );
  const ours = new Map<number, SharedConnection>();
  const untold: Adoptable[] = [];
  for (const adoptable of takenFromUs.release(memory, layout, () => true)) {
    const connection = served.get(inode(adoptable.fd));
    if (connection === undefined) untold.push(adoptable);
    else {
      close(adoptable.fd);
      ours.set(adoptable.record, connection);
    }
  }
  for (const [record, connection] of adopt(untold, handover).connections) ours.set(record, connection);
  replayAll(ofConnections(unanswered(memory, layout), ours), handover, ours, replays);
}

/** Goes on with connections that could not be taken at once: their process is dead, or has let go of them (`given`). */
export function adoptRest(
  holdings: Holdings,
  handover: Handover,
  which: 'all' | 'given',
  replays: Replays,
): void {
  const { layout, memory, connections: held } = holdings;
  if (layout === undefined || held.size === 0) return;
  const adoptables = held.release(memory, layout, which === 'all' ? () => true : held.given(memory, layout));
  if (adoptables.length === 0) return;
  const { connections } = adopt(adoptables, handover);
  replayAll(ofConnections(unanswered(memory, layout), connections), handover, connections, replays);
}

/** Goes on with the connection that was withheld, if there is one: its process is as good as dead. */
export function adoptWithheld(holdings: Holdings, handover: Handover, replays: Replays): void {
  if (holdings.withheldRecord !== undefined) adoptRest(holdings, handover, 'all', replays);
  holdings.withheldRecord = undefined;
}

/** Goes on with all that is left of it: also with connections of ours that it has taken in vain, found out or not. */
export function finishWith(holdings: Holdings, handover: Handover, replays: Replays): void {
  adoptWithheld(holdings, handover, replays);
  handover.connections.lost();
  takeBack(holdings, handover, replays);
}

// ---------------------------------------------------------------------------------------------------------------------

/** From now on its process lets go of all of them, when it comes to that; also of those we have not been told of yet. */
function claimConnections(holdings: Holdings, handover: Handover): void {
  // Again when it let go of its connections in between: it has others then.
  let epoch: number;
  do {
    epoch = holdings.epoch;
    handover.journal.take(epoch);
  } while (holdings.epoch !== epoch);
}

function adopt(
  adoptables: readonly Adoptable[],
  handover: Handover,
  suspectRecord?: number,
  suspectAt?: number,
): { readonly connections: Map<number, SharedConnection>; readonly torn: number } {
  const connections = new Map<number, SharedConnection>();
  let torn = 0;
  for (const { fd, position, record } of adoptables) {
    handover.journal.beat(monotonicMs()); // hundreds of them take a while, and none of it is a hang
    if (position === undefined) {
      torn++;
      shutdown(fd, 2);
      close(fd);
      continue;
    }
    const at = record === suspectRecord ? suspectAt : undefined;
    const connection = handover.connections.adopt(fd, { ...position, suspectAt: at });
    if (connection !== undefined) connections.set(record, connection);
  }
  return { connections, torn };
}

/** Where our table has the endpoints that its arena names: both have those of their own first. */
export function placesIn(
  { endpoints }: Pick<Handover, 'endpoints'>,
  { places }: Pick<Holdings, 'places'>,
): readonly number[] {
  return places.map((place) => endpoints.find(place));
}

function ofConnections(found: readonly Left[], connections: ReadonlyMap<number, SharedConnection>) {
  return found.filter(({ tag }) => connections.has(tag - CONNECTION_TAG));
}

/**
 * Answers queries of another process, and tells our backup of the connections then: had it known of them before, it could take
 * them, and find nothing of what is still to be answered.
 */
function replayAll(
  queries: readonly Left[],
  handover: Handover,
  connections: ReadonlyMap<number, SharedConnection>,
  replays: Replays,
  suspect?: Replay,
): void {
  const plain = queries.map((query): Replay => ({ query, manner: 'plain' }));
  // At once behind the last: until the backup has the connections, too, they end with this process.
  replays.add(suspect === undefined ? plain : [...plain, suspect], connections, () => {
    if (connections.size > 0) handover.connections.tellUntold();
  });
}

/**
 * Whether a process that was serving the connection does nothing to it any more, now that it was taken; and it can be gone on
 * with: when an answer is half written, only its process has the rest.
 */
function isFenced(holdings: Holdings, record: number): boolean {
  const { connections, state, memory, layout } = holdings;
  return holdings.word(FENCED) === 1 && state.isStopped && !connections.isTorn(memory, layout!, record);
}
