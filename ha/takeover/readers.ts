// readers — who reads the sockets of a twin that is gone, leaves or does not read them: we do, as long as that is wanted.

import type { Handover, SocketReader } from '../../src/handover/handover.ts';
import type { ListenSockets } from '../../src/handover/sockets.ts';
import type { Log } from '../../src/log/log.ts';
import { isAmong } from '../../src/options/endpoint.ts';
import type { SocketsRead } from '../../src/status.ts';
import { type Holdings, identitiesOf } from '../peers/holdings.ts';
import type { FormerPeer, Peer } from '../peers/peer.ts';

export class Readers {
  readonly #handover: Handover;
  readonly #log: Log;
  /** By the identity of the pair. */
  readonly #reading = new Map<Holdings, Map<string, SocketReader>>();

  constructor(handover: Handover, log: Log) {
    this.#handover = handover;
    this.#log = log;
  }

  /** Whether some of these are read here. */
  reads(identities: readonly string[]): boolean {
    return identities.some((identity) => [...this.#reading.values()].some((read) => read.has(identity)));
  }

  /** Reads no more what is not wanted; what waits in it is its other readers'. @param served the twin's, if it reads them */
  stopBut(wanted: ReadonlyMap<Holdings, ReadonlySet<string>>, served: Holdings | undefined): void {
    const before = served !== undefined && this.reads(served.identities);
    for (const [holdings, reading] of this.#reading)
      for (const [identity, reader] of reading) {
        if (wanted.get(holdings)?.has(identity)) continue;
        reader.receive();
        this.#stop(holdings, identity);
      }
    const kept = [...wanted.values()].flatMap((identities) => [...identities]);
    if (before && !served.identities.some((identity) => kept.includes(identity)))
      this.#log.debug('the twin reads its sockets alone', { twin: served.slot });
  }

  /** Reads them from now on, if it does not yet. @throws when that cannot be (EMFILE); to be tried again */
  begin(holdings: Holdings, identities: Iterable<string>): void {
    for (const identity of identities) {
      if (this.#reading.get(holdings)?.has(identity)) continue;
      const reader = this.#handover.read([socketsOf(holdings, identity)]);
      const reading = this.#reading.get(holdings) ?? new Map<string, SocketReader>();
      this.#reading.set(holdings, reading.set(identity, reader));
      reader.receive();
    }
  }

  /**
   * Reads its sockets of endpoints that we do not serve: answers to their clients leave by these.
   * @param own identities of our sockets
   */
  readAlone(holdings: Holdings, own: ReadonlySet<string>): void {
    const alone = holdings.sockets.filter((one) => !isAmong(one, this.#handover.sockets));
    this.begin(
      holdings,
      identitiesOf(alone).filter((identity) => !own.has(identity)),
    );
  }

  /** Takes them out of their group: these take no more, and what is in them is answered. Returns what ends the reading. */
  retire(holdings: Holdings, identities: readonly string[]): () => void {
    this.begin(holdings, identities);
    const reading = this.#reading.get(holdings);
    this.#reading.delete(holdings);
    const readers: SocketReader[] = [];
    for (const [identity, reader] of reading ?? []) {
      if (!identities.includes(identity)) reader.stop();
      else {
        reader.retire();
        readers.push(reader);
      }
    }
    return () => {
      for (const reader of readers) {
        reader.drain();
        reader.stop();
      }
    };
  }

  /** Another process may read them, too: they are read on, and not retired when this process ends. */
  spare(holdings: Holdings): void {
    for (const reader of this.#reading.get(holdings)?.values() ?? []) reader.spare();
  }

  stop(holdings: Holdings): void {
    for (const reader of this.#reading.get(holdings)?.values() ?? []) reader.stop();
    this.#reading.delete(holdings);
  }

  stopAll(): void {
    for (const holdings of [...this.#reading.keys()]) this.stop(holdings);
  }

  /** Whose sockets are read here, and why, for people. */
  status(peer: Peer | undefined, former: Iterable<FormerPeer>): SocketsRead[] {
    const gone = [...former];
    return [...this.#reading.keys()].flatMap((read): SocketsRead[] => {
      if (peer?.holdings === read)
        return [{ slot: peer.slot, pid: peer.pid, reason: peer.leaving ? 'left' : peer.readReason }];
      const left = gone.find(({ holdings }) => holdings === read);
      if (left === undefined) return [];
      return [{ slot: read.slot, pid: left.pid, reason: left.saidGoodbye ? 'left' : 'died' }];
    });
  }

  // -------------------------------------------------------------------------------------------------------------------

  #stop(holdings: Holdings, identity: string): void {
    const reading = this.#reading.get(holdings);
    reading?.get(identity)?.stop();
    reading?.delete(identity);
    if (reading?.size === 0) this.#reading.delete(holdings);
  }
}

function socketsOf({ sockets, identities }: Holdings, identity: string): ListenSockets {
  return sockets[identities.indexOf(identity)]!;
}
