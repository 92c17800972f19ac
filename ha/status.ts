// status — how the twins look after each other, as it stands at this moment, in plain JSON.

import { monotonicMs } from 'node-reuseport';
import { BEAT } from '../src/handover/arena-words.ts';
import type { Resolver } from '../src/resolver.ts';
import type { EnabledCustodyStatus, TwinStatus } from '../src/status.ts';
import type { FillCounters } from './link/cache-sync.ts';
import { PROTOCOL_VERSION } from './link/protocol.ts';
import type { Meeting } from './link/rendezvous.ts';
import type { Peer } from './peers/peer.ts';
import type { Guard } from './takeover/backup-peer.ts';
import type { Custody } from './takeover/custody.ts';

/** @param resolver undefined until we serve */
export function custodyStatus(
  resolver: Resolver | undefined,
  peers: readonly Peer[],
  { reading, counters }: Custody,
  guard: Guard | undefined,
  { refused }: Meeting,
  fills: FillCounters,
): EnabledCustodyStatus {
  const now = monotonicMs();
  const events = resolver?.counters.events;
  const guarded = guard !== undefined && guard.channel >= 0;
  const own = resolver && { slot: resolver.slot, pid: process.pid, reason: 'own' as const };
  return {
    enabled: true,
    protocol: PROTOCOL_VERSION,
    twins: peers.map((peer) => twinStatus(peer, now)),
    reads: [...(own ? [own] : []), ...reading],
    guard: guarded ? { slot: guard.peer.slot, pid: guard.peer.pid } : null,
    untoldConnections: (guarded ? resolver?.tcp.untold : resolver?.tcp.connections) ?? 0,
    refusedCallers: refused,
    takeovers: { ...counters.takeovers },
    takeoverSeconds: counters.takeoverSeconds,
    stolen: counters.stolen,
    tornConnections: counters.tornConnections,
    replayed: events?.replayed ?? 0,
    suspectsRefused: events?.suspectsRefused ?? 0,
    inheritedConnections: events?.tcpInherited ?? 0,
    relinquishedConnections: events?.tcpRelinquished ?? 0,
    unprotected: {
      queries: events?.unprotectedQueries ?? 0,
      connections: events?.unprotectedConnections ?? 0,
    },
    fills: { ...fills },
  };
}

// ---------------------------------------------------------------------------------------------------------------------

function twinStatus(peer: Peer, now: number): TwinStatus {
  const { slot, pid, version, estate, leaving, lent, connections } = peer;
  const beats = estate !== undefined && estate.word(BEAT) !== 0;
  return {
    slot,
    pid,
    version,
    serving: estate !== undefined && !leaving,
    leaving,
    readBeside: lent > 0,
    heldConnections: connections.size,
    beatAgeMs: beats ? Math.max(0, estate.silence(now)) : null,
    layoutKnown: estate === undefined ? null : estate.layout !== undefined,
  };
}
