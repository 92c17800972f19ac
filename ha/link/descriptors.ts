// descriptors — the descriptors beside a message: in which order they go, and sockets made of them again.

import { close } from 'node-reuseport';
import { adoptSockets, closeSockets, type ListenSockets } from '../../src/listen/sockets.ts';
import type { Log } from '../../src/log/log.ts';
import type { Message, MessageType } from './protocol.ts';

/** What a process shows of itself. */
export interface Held {
  readonly sockets: readonly ListenSockets[];
  /** Without where only sockets are left, and nothing is known of their process. */
  readonly arenaFd?: number | undefined;
  /** See life. */
  readonly lifeFd?: number | undefined;
}

export function closeHeld({ sockets, arenaFd, lifeFd }: Held): void {
  closeSockets(sockets);
  for (const fd of [arenaFd, lifeFd]) if (fd !== undefined) close(fd);
}

export function pair({ udp, tcp }: ListenSockets): [number, number] {
  return [udp, tcp];
}

/** Messages that may carry sockets. */
const ofSender: readonly MessageType[] = ['welcome', 'serving', 'bequest'];
const ofReceiver: readonly MessageType[] = ['welcome', 'stranger'];

/** The sender's sockets, arena and life, and sockets for the receiver; all descriptors are closed when one is not that. */
export function received(
  { type, ...said }: Pick<Message, 'type' | 'own' | 'yours'>,
  fds: readonly number[],
  log: Pick<Log, 'warn'>,
): { readonly held?: Held; readonly mine?: readonly ListenSockets[] } {
  const own = ofSender.includes(type) ? said.own : [];
  const yours = ofReceiver.includes(type) ? said.yours : [];
  const others = own.length > 0 && type !== 'bequest' ? 2 : 0;
  const [arenaFd, lifeFd] = fds.slice(2 * own.length, 2 * own.length + others);
  const sockets = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => adoptSockets(fds[from + 2 * i]!, fds[from + 2 * i + 1]!));
  try {
    if (fds.length !== 2 * own.length + others + 2 * yours.length)
      throw new TypeError(`${fds.length} descriptors for ${own.length} and ${yours.length} addresses`);
    return {
      ...(own.length > 0 ? { held: { sockets: sockets(0, own.length), arenaFd, lifeFd } } : {}),
      ...(yours.length > 0 ? { mine: sockets(2 * own.length + others, yours.length) } : {}),
    };
  } catch (error) {
    log.warn('the twin sent something else than its sockets: going on without them', { err: error });
    // Duplicates nobody reads would swallow queries once their owner is gone.
    for (const fd of fds) close(fd);
    return {};
  }
}
