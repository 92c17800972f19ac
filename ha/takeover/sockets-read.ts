// sockets-read — whose sockets are read beside our own, and why, for people.

import type { SocketsRead } from '../../src/status.ts';
import type { Estate } from '../peers/holdings.ts';
import type { Peer } from '../peers/peer.ts';
import type { Orphan } from './former-peer.ts';

export function socketsRead(
  estates: Iterable<Estate>,
  peers: readonly Peer[],
  orphans: Iterable<Orphan>,
): SocketsRead[] {
  const gone = [...orphans];
  return [...estates].flatMap((read): SocketsRead[] => {
    const peer = peers.find(({ estate }) => estate === read);
    if (peer !== undefined)
      return [{ slot: peer.slot, pid: peer.pid, reason: peer.leaving ? 'left' : peer.helped }];
    const orphan = gone.find(({ estate }) => estate === read);
    if (orphan === undefined) return [];
    return [{ slot: orphan.estate.slot, pid: orphan.pid, reason: orphan.left ? 'left' : 'died' }];
  });
}
