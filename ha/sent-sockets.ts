// sent-sockets — the descriptors beside a message: in which order they go, and sockets made of them again.

import { close } from 'node-reuseport';
import { adoptSockets, type ListenSockets } from '../src/listen/sockets.ts';
import type { Message } from './protocol.ts';

export function pair({ udp, tcp }: ListenSockets): [number, number] {
  return [udp, tcp];
}

/** The sender's sockets and arena, and sockets for the receiver; the descriptors are closed when they are not that. */
export function received(
  { own, yours }: Message,
  fds: readonly number[],
): {
  held?: { readonly sockets: readonly ListenSockets[]; readonly arenaFd: number };
  mine?: readonly ListenSockets[];
} {
  const arena = own.length > 0 ? 1 : 0;
  if (fds.length !== 2 * own.length + arena + 2 * yours.length) {
    for (const fd of fds) close(fd);
    return {};
  }
  const sockets = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => adoptSockets(fds[from + 2 * i]!, fds[from + 2 * i + 1]!));
  return {
    ...(arena > 0 ? { held: { sockets: sockets(0, own.length), arenaFd: fds[2 * own.length]! } } : {}),
    ...(yours.length > 0 ? { mine: sockets(2 * own.length + arena, yours.length) } : {}),
  };
}
