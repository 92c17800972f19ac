// takeover — goes on with the work of a process that cannot: its connections first, then what it had not answered, and last
// what it may have died of.

import { fstatSync } from 'node:fs';
import { close, mapMemory, monotonicMs, SLOT_PAYLOAD, shutdown } from 'node-reuseport';
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
import { readLayout } from '../../src/handover/layout.ts';
import type { ServerConnection } from '../../src/listen/client-connection.ts';
import type { Resolver } from '../../src/resolver.ts';
import type { Heir } from '../peers/held-connections.ts';
import type { Estate } from '../peers/holdings.ts';
import { type Unanswered, unanswered } from './unanswered.ts';

/**
 * A query that has kept its process busy for longer than this, milliseconds, is what it hangs on: one that lives may yet get
 * done with a datagram, after collecting garbage say. A connection is taken from it at once, so it will not.
 */
const HANGS = 100;
const HANGS_FOR_GOOD = 1000;

/**
 * dead: it will never come back. unsure: it may, and must find its connections taken then. stuck: likewise, and it may yet
 * answer the datagram it has in hand.
 */
export type Condition = 'dead' | 'unsure' | 'stuck';

export interface Inheritance {
  /** Queries answered for it. */
  readonly replayed: number;
  readonly connections: number;
  /** Connections ended because an answer on them was torn. */
  readonly torn: number;
  /** Queries refused unseen: it may have died of them. */
  readonly suspects: number;
  /** The datagram it is busy with, the word of its journal: it is left to it until more is known; 0: there is none. */
  readonly open: number;
}

const nothing: Inheritance = { replayed: 0, connections: 0, torn: 0, suspects: 0, open: 0 };

export function inherit(estate: Estate, resolver: Resolver, condition: Condition): Inheritance {
  const { layout, memory } = estate;
  resolver.tcp.lost(); // to it, before it ended
  if (layout === undefined) {
    estate.connections.close();
    return nothing;
  }
  if (estate.connections.size > 0 && !estate.life.isGone) takeConnections(estate, resolver);
  const busy = condition === 'dead' ? -1 : estate.word(BUSY) - 1;
  const left = busy >= 0 && isFenced(estate, busy) ? -1 : busy;
  estate.left = left;
  const inHand = estate.word(IN_HAND);
  const byConnection = inHand >= CONNECTION_IN_HAND;
  const crashed = inHand > 0 && estate.word(CRASHED) !== 0;
  const hangs = inHand > 0 && estate.life.isBusy(estate.word(BEAT), HANGS);
  const open = hangs && !crashed && condition === 'stuck' && !byConnection ? inHand : 0;
  const guilty = crashed || (hangs && open === 0);
  const suspectRecord = guilty && byConnection ? inHand - CONNECTION_IN_HAND : -1;
  const heirs = estate.connections.release(memory, layout, (record) => record !== left);
  const { connections, torn } = adoptConnections(heirs, resolver, suspectRecord, estate.word(IN_HAND_AT));

  const found = unanswered(memory, layout).filter(
    ({ tag, place }) => tag !== CONNECTION_TAG + left && place !== open - 1,
  );
  const suspect = found.find(({ place }) => place === inHand - 1);
  const refused = suspect !== undefined && (guilty || suspect.triedBefore);
  const others = found.filter((query) => query !== suspect);
  replayAll(others, resolver, connections, suspect && { query: suspect, refused });
  estate.isInherited = condition === 'dead';
  return {
    replayed: found.length,
    connections: connections.size,
    torn,
    suspects: (refused ? 1 : 0) + (suspectRecord >= 0 ? 1 : 0),
    open,
  };
}

/**
 * What became of the datagram a stuck process was busy with: answered after all, and nothing is done; or it is refused unseen,
 * since its process hangs on it. True when there is no more to find out.
 */
export function settleOpen(estate: Estate, resolver: Resolver, open: number): boolean {
  const { layout, memory } = estate;
  if (layout === undefined || estate.word(IN_HAND) !== open) return true;
  if (!estate.life.isBusy(estate.word(BEAT), HANGS_FOR_GOOD)) return false;
  const found = unanswered(memory, layout).find(({ place }) => place === open - 1);
  if (found !== undefined) {
    replay(found, resolver, new Map(), true, true);
    resolver.counters.events.replayed++;
  }
  return true;
}

/**
 * Takes the connection that was left to a process that might have been serving it, once that is stopped. One that goes on finds it
 * taken, and gives it with the others.
 */
export function settleLeft(estate: Estate, resolver: Resolver): void {
  if (estate.left < 0) return;
  const hasLetGo = !resolver.journal.hasTaken(estate.epoch);
  if (!hasLetGo && !isFenced(estate, estate.left)) return;
  estate.left = -1;
  if (!hasLetGo) inheritRest(estate, resolver, 'all');
}

/**
 * Goes on with connections of ours that its process had taken before it died, as if we had died ourselves: it may have come to
 * their queries, or not. Only when all has been heard of what it did: those it has told of are where it got with them.
 */
export function takeBack({ takenFromUs }: Estate, resolver: Resolver): void {
  if (takenFromUs.size === 0) return;
  const memory = mapMemory(resolver.arenaFd);
  const layout = readLayout(memory)!;
  const inode = (fd: number) => fstatSync(fd).ino; // the same for all duplicates of a socket
  const served = new Map([...resolver.tcp.all].map((connection) => [inode(connection.fd), connection]));
  const ours = new Map<number, ServerConnection>();
  const untold: Heir[] = [];
  for (const heir of takenFromUs.release(memory, layout, () => true)) {
    const connection = served.get(inode(heir.fd));
    if (connection === undefined) untold.push(heir);
    else {
      close(heir.fd);
      ours.set(heir.record, connection);
    }
  }
  const { connections } = adoptConnections(untold, resolver, -1, -1);
  for (const [record, connection] of connections) ours.set(record, connection);
  replayAll(
    unanswered(memory, layout).filter(({ tag }) => ours.has(tag - CONNECTION_TAG)),
    resolver,
    ours,
  );
}

/** Goes on with connections that could not be taken at once: their process is dead, or has let go of them (`given`). */
export function inheritRest(estate: Estate, resolver: Resolver, which: 'all' | 'given'): void {
  const { layout, memory } = estate;
  if (layout === undefined || estate.connections.size === 0) return;
  const wanted = which === 'all' ? () => true : estate.connections.given(memory, layout);
  const heirs = estate.connections.release(memory, layout, wanted);
  if (heirs.length === 0) return;
  const { connections } = adoptConnections(heirs, resolver, -1, -1);
  replayAll(
    unanswered(memory, layout).filter(({ tag }) => connections.has(tag - CONNECTION_TAG)),
    resolver,
    connections,
  );
}

// ---------------------------------------------------------------------------------------------------------------------

/** From now on its process lets go of all of them, when it comes to that; also of those we have not been told of yet. */
function takeConnections(estate: Estate, resolver: Resolver): void {
  // Again when it let go of its connections in between: it has others then.
  let epoch: number;
  do {
    epoch = estate.epoch;
    resolver.journal.take(epoch);
  } while (estate.epoch !== epoch);
}

function adoptConnections(
  heirs: readonly Heir[],
  resolver: Resolver,
  suspectRecord: number,
  suspectAt: number,
) {
  const connections = new Map<number, ServerConnection>();
  let torn = 0;
  for (const { fd, inherited, record } of heirs) {
    resolver.journal.beat(monotonicMs()); // hundreds of them take a while, and none of it is a hang
    if (inherited === undefined) {
      torn++;
      shutdown(fd, 2);
      close(fd);
      continue;
    }
    const at = record === suspectRecord ? suspectAt : -1;
    const connection = resolver.tcp.inherit(fd, { ...inherited, suspectAt: at });
    if (connection !== undefined) connections.set(record, connection);
  }
  return { connections, torn };
}

/**
 * Answers queries of another process, and tells of the connections then: whoever knew of them before could take them, and find
 * nothing of what is still to be answered.
 */
function replayAll(
  queries: readonly Unanswered[],
  resolver: Resolver,
  connections: ReadonlyMap<number, ServerConnection>,
  suspect?: { readonly query: Unanswered; readonly refused: boolean },
): void {
  for (const query of queries) replay(query, resolver, connections, false, false);
  resolver.counters.events.replayed += queries.length;
  if (suspect !== undefined) {
    replay(suspect.query, resolver, connections, true, suspect.refused);
    resolver.counters.events.replayed++;
  }
  // Not when the loop comes round: until another process has them, too, they end with this one.
  if (connections.size > 0) resolver.tcp.tellUntold();
}

/** @param again it was in hand when its process stopped @param unseen it is refused without a look at it */
function replay(
  { slot, length, tag }: Unanswered,
  resolver: Resolver,
  connections: ReadonlyMap<number, ServerConnection>,
  again: boolean,
  unseen: boolean,
): void {
  resolver.journal.beat(monotonicMs());
  if (tag < CONNECTION_TAG) resolver.replay(slot, length, tag, again, unseen);
  else connections.get(tag - CONNECTION_TAG)?.replay(slot, SLOT_PAYLOAD, length, unseen);
}

/**
 * Whether a process that was serving the connection does nothing to it any more, now that it was taken; and it can be gone on
 * with: when an answer is half written, only its process has the rest.
 */
function isFenced(estate: Estate, record: number): boolean {
  const { connections, life, memory, layout } = estate;
  return estate.word(FENCED) === 1 && life.isStopped && !connections.isTorn(memory, layout!, record);
}
