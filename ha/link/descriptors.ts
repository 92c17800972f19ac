// descriptors — what lies beside a message: in which order it goes, and sockets made of it again.
//
//     the sender's sockets (UDP, TCP of each endpoint of `own`), its arena, its process state, sockets for the receiver (`yours`)
//
// The sender may be a twin that an attacker has: each descriptor is looked at before anything is done with it.

import { close } from 'node-reuseport';
import type { Config, Endpoint } from '../../src/config.ts';
import { adoptAll, closeSockets, type ListenSockets } from '../../src/handover/sockets.ts';
import type { Log } from '../../src/log/log.ts';
import { isAmong } from '../../src/options/endpoint.ts';
import { isProcessState } from '../peers/process-state.ts';
import { endpointsOf } from './endpoint-texts.ts';
import { type Message, type MessageType, PROTOCOL_VERSION } from './protocol.ts';

/** What a process shows of itself. */
export interface Shown {
  readonly sockets: readonly ListenSockets[];
  /** Undefined for a process of another protocol, whose memory would be misunderstood. */
  readonly arenaFd?: number | undefined;
  /** See process-state. */
  readonly stateFd?: number | undefined;
  /** The endpoints its arena names, by their places in it. */
  readonly places: readonly Endpoint[];
}

export function closeShown({ sockets, arenaFd, stateFd }: Omit<Shown, 'places'>): void {
  closeSockets(sockets);
  for (const fd of [arenaFd, stateFd]) if (fd !== undefined) close(fd);
}

/** Without the sockets of other endpoints, which are closed. */
export function limitedTo(endpoints: readonly Endpoint[], shown: Shown): Shown {
  const [kept, left] = [true, false].map((is) =>
    shown.sockets.filter((one) => isAmong(one, endpoints) === is),
  );
  closeSockets(left!);
  return { ...shown, sockets: kept! };
}

export function pair({ udp, tcp }: ListenSockets): [number, number] {
  return [udp, tcp];
}

/** Messages that may carry sockets. */
const ofSender: readonly MessageType[] = ['welcome', 'serving'];
const ofReceiver: readonly MessageType[] = ['welcome'];

/**
 * What its sender shows, and sockets for the receiver: of each one pair for each endpoint it names. What is something
 * else is closed, and the rest is taken: the sender's sockets are held though ours are none, and the other way round.
 */
export function received(
  { type, protocol, ...said }: Pick<Message, 'type' | 'protocol' | 'own' | 'yours' | 'places'>,
  fds: readonly number[],
  { port }: Pick<Config, 'port'>,
  log: Pick<Log, 'error'>,
): { readonly shown?: Shown; readonly mine?: readonly ListenSockets[] } {
  const own = ofSender.includes(type) ? said.own : [];
  const yours = ofReceiver.includes(type) ? said.yours : [];
  const others = own.length > 0 ? 2 : 0;
  const begin = 2 * own.length;
  if (fds.length !== begin + others + 2 * yours.length) {
    const counts = { descriptors: fds.length, own: own.length, yours: yours.length };
    log.error('the twin sent more or fewer descriptors than it says: going on without them', counts);
    for (const fd of fds) close(fd);
    return {};
  }
  const refuse = (whose: string, these: readonly number[]) => (error: unknown) => {
    log.error(`the twin sent something else than ${whose}: going on without them`, { err: error });
    // Duplicates that no process reads would swallow queries once their owner is gone.
    for (const fd of these) close(fd);
  };
  const [ofIts, ofOurs] = [fds.slice(0, begin + others), fds.slice(begin + others)];
  const sockets =
    own.length === 0
      ? undefined
      : taken(ofIts.slice(0, begin), endpointsOf(own, port), refuse('its sockets', ofIts));
  const mine =
    yours.length === 0 ? undefined : taken(ofOurs, endpointsOf(yours, port), refuse('our sockets', ofOurs));
  const places = endpointsOf(said.places ?? [...own].sort(), port);
  const shown = sockets && { sockets, places, ...known(ofIts[begin]!, ofIts[begin + 1]!, protocol, log) };
  return { ...(shown ? { shown } : {}), ...(mine ? { mine } : {}) };
}

// ---------------------------------------------------------------------------------------------------------------------

function taken(
  fds: readonly number[],
  endpoints: readonly Endpoint[],
  refuse: (error: unknown) => void,
): ListenSockets[] | undefined {
  try {
    return adoptAll(fds, endpoints);
  } catch (error) {
    refuse(error);
    return undefined;
  }
}

/** What can be of use of the arena and the process state; the rest is closed. */
function known(
  arenaFd: number,
  stateFd: number,
  protocol: number,
  log: Pick<Log, 'error'>,
): Omit<Shown, 'sockets' | 'places'> {
  const isUnderstood = protocol === PROTOCOL_VERSION;
  const isState = isProcessState(stateFd);
  if (!isUnderstood) close(arenaFd);
  if (!isState) {
    log.error('the twin sent something else than its state as the kernel tells it: how it fares is not seen');
    close(stateFd);
  }
  return { arenaFd: isUnderstood ? arenaFd : undefined, stateFd: isState ? stateFd : undefined };
}
