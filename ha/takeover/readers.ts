// readers — who reads the sockets of a twin that is gone, leaves or does not read them: we do, as long as that is wanted.

import type { Handover, SocketReader } from '../../src/handover/handover.ts';
import type { Log } from '../../src/log/log.ts';
import type { SocketsRead } from '../../src/status.ts';
import type { Holdings } from '../peers/holdings.ts';
import type { FormerPeer, Peer } from '../peers/peer.ts';

export class Readers {
  readonly #handover: Handover;
  readonly #log: Log;
  readonly #reading = new Map<Holdings, SocketReader>();

  constructor(handover: Handover, log: Log) {
    this.#handover = handover;
    this.#log = log;
  }

  /** Whether sockets of that identity are read here. */
  reads(identity: string): boolean {
    return [...this.#reading.keys()].some((read) => read.identity === identity);
  }

  /** Reads no more what is not wanted; what waits in it is its other readers'. @param served identity of the twin's sockets */
  stopBut(wanted: ReadonlySet<Holdings>, served: string | undefined): void {
    const kept = new Set([...wanted].map(({ identity }) => identity));
    for (const [holdings, reader] of this.#reading) {
      if (wanted.has(holdings)) continue;
      reader.receive();
      this.stop(holdings);
      if (holdings.identity === served && !kept.has(served))
        this.#log.info('the twin reads its sockets alone', { slot: holdings.slot });
    }
  }

  /** Reads them from now on, if it does not yet. @throws when that cannot be (EMFILE); to be tried again */
  begin(holdings: Holdings): void {
    if (this.#reading.has(holdings)) return;
    const reader = this.#handover.read(holdings.sockets);
    this.#reading.set(holdings, reader);
    reader.receive();
  }

  /** Takes them out of their group: these take no more, and what is in them is answered. Returns what ends the reading. */
  retire(holdings: Holdings): () => void {
    const reader = this.#reading.get(holdings) ?? this.#handover.read(holdings.sockets);
    this.#reading.delete(holdings);
    reader.retire();
    return () => {
      reader.drain();
      reader.stop();
    };
  }

  stop(holdings: Holdings): void {
    this.#reading.get(holdings)?.stop();
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
}
