// descriptors — what lies beside a message: in which order it goes, and sockets made of it again.
//
//     the sender's sockets (UDP, TCP of each address of `own`), its arena, its process state, sockets for the receiver (`yours`)

import { close } from 'node-reuseport';
import { adoptSockets, closeSockets, type ListenSockets } from '../../src/handover/sockets.ts';
import type { Log } from '../../src/log/log.ts';
import { type Message, type MessageType, PROTOCOL_VERSION } from './protocol.ts';

/** What a process shows of itself. */
export interface Shown {
  readonly sockets: readonly ListenSockets[];
  /** Undefined for a process of another protocol, whose memory would be misunderstood. */
  readonly arenaFd?: number | undefined;
  /** See process-state. */
  readonly stateFd?: number | undefined;
}

export function closeShown({ sockets, arenaFd, stateFd }: Shown): void {
  closeSockets(sockets);
  for (const fd of [arenaFd, stateFd]) if (fd !== undefined) close(fd);
}

export function pair({ udp, tcp }: ListenSockets): [number, number] {
  return [udp, tcp];
}

/** Messages that may carry sockets. */
const ofSender: readonly MessageType[] = ['welcome', 'serving'];
const ofReceiver: readonly MessageType[] = ['welcome'];

/** What its sender shows, and sockets for the receiver; all descriptors are closed when one is not what the message says. */
export function received(
  { type, protocol, ...said }: Pick<Message, 'type' | 'protocol' | 'own' | 'yours'>,
  fds: readonly number[],
  log: Pick<Log, 'warn'>,
): { readonly shown?: Shown; readonly mine?: readonly ListenSockets[] } {
  const own = ofSender.includes(type) ? said.own : [];
  const yours = ofReceiver.includes(type) ? said.yours : [];
  const others = own.length > 0 ? 2 : 0;
  const [arenaFd, stateFd] = fds.slice(2 * own.length, 2 * own.length + others);
  const sockets = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => adoptSockets(fds[from + 2 * i]!, fds[from + 2 * i + 1]!));
  try {
    if (fds.length !== 2 * own.length + others + 2 * yours.length)
      throw new TypeError(`${fds.length} descriptors for ${own.length} and ${yours.length} addresses`);
    const mine = sockets(2 * own.length + others, yours.length);
    const shown = { sockets: sockets(0, own.length), arenaFd, stateFd };
    if (arenaFd !== undefined && protocol !== PROTOCOL_VERSION) {
      close(arenaFd);
      shown.arenaFd = undefined;
    }
    return { ...(own.length > 0 ? { shown } : {}), ...(yours.length > 0 ? { mine } : {}) };
  } catch (error) {
    log.warn('the twin sent something else than its sockets: going on without them', { err: error });
    // Duplicates that no process reads would swallow queries once their owner is gone.
    for (const fd of fds) close(fd);
    return {};
  }
}
