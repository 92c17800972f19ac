// status — how the twins look after each other, as it stands at this moment, in plain JSON.

import { monotonicMs } from 'node-reuseport';
import type { EventName } from '../src/counters.ts';
import type { Handover } from '../src/handover/handover.ts';
import type { EnabledCustodyStatus, TwinStatus } from '../src/status.ts';
import type { FillCounters } from './link/cache-sync.ts';
import type { PairProblems } from './link/pair-problems.ts';
import { PROTOCOL_VERSION } from './link/protocol.ts';
import type { Rendezvous } from './link/rendezvous.ts';
import type { Peer } from './peers/peer.ts';
import type { BackupPeer } from './takeover/backup-peer.ts';
import type { Custody } from './takeover/custody.ts';

/** @param handover undefined until we serve */
export function custodyStatus(
  handover: Handover | undefined,
  peer: Peer | undefined,
  { reading, counters, takeoverLog }: Custody,
  backup: BackupPeer | undefined,
  { refused, problem }: Pick<Rendezvous, 'refused' | 'problem'>,
  { all: problems, settingsMatch }: Pick<PairProblems, 'all' | 'settingsMatch'>,
  fills: FillCounters,
): EnabledCustodyStatus {
  const event = (name: EventName) => handover?.events[name] ?? 0;
  const isBackedUp = backup !== undefined && backup.channel >= 0;
  const own = handover && { slot: handover.slot, pid: process.pid, reason: 'own' as const };
  return {
    enabled: true,
    protocol: PROTOCOL_VERSION,
    twins: peer === undefined ? [] : [twinStatus(peer, monotonicMs())],
    reads: [...(own ? [own] : []), ...reading],
    guard: isBackedUp ? { slot: backup.peer.slot, pid: backup.peer.pid } : null,
    untoldConnections: (isBackedUp ? handover?.connections.untold : handover?.connections.count) ?? 0,
    channelProblem: problem ?? null,
    problems,
    refusedCallers: refused,
    takeovers: { ...counters.takeovers },
    takeoverSeconds: counters.takeoverSeconds,
    stolen: counters.stolen,
    tornConnections: counters.tornConnections,
    aloneSeconds: takeoverLog.aloneSeconds,
    settingsMatch,
    replayed: event('replayed'),
    suspectsRefused: event('suspectsRefused'),
    inheritedConnections: event('tcpInherited'),
    relinquishedConnections: event('tcpRelinquished'),
    unprotected: {
      queries: event('unprotectedQueries'),
      connections: event('unprotectedConnections'),
    },
    fills: { ...fills },
  };
}

// ---------------------------------------------------------------------------------------------------------------------

function twinStatus(peer: Peer, now: number): TwinStatus {
  const { slot, pid, version, holdings, leaving, isReadBeside, connections } = peer;
  return {
    slot,
    pid,
    version,
    serving: peer.serves !== undefined,
    leaving,
    readBeside: isReadBeside,
    heldConnections: connections.size,
    heldAnswerBytes: connections.bytes,
    beatAgeMs: holdings?.beats ? Math.max(0, holdings.silence(now)) : null,
    layoutKnown: holdings === undefined ? null : holdings.layout !== undefined,
  };
}
