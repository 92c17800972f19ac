// custody — who reads the twin's sockets: the twin, or we for it. They are held here as duplicates, and so is its arena.

import { close, mapMemory } from 'node-reuseport';
import type { Served } from '../src/listen/served.ts';
import { closeSockets, type ListenSockets } from '../src/listen/sockets.ts';
import type { Log } from '../src/log/log.ts';
import type { Resolver } from '../src/resolver.ts';
import { unanswered } from './replay.ts';
import { LOOK, Watch } from './watch.ts';

/** By then every question is answered, one way or the other (forward: 4 s), milliseconds. */
const ANSWERS_DUE = 6000;
/** Looks for which a twin that was found stuck is helped before it is looked at again: a quarter of a second. */
const BORROWED = 25;

/** What is held of the twin. */
export interface Held {
  readonly sockets: readonly ListenSockets[];
  readonly arenaFd: number;
}

export class Custody {
  readonly #log: Log;
  #held: Held | undefined;
  #watch: Watch | undefined;
  #reading: Served | undefined;
  #resolver: Resolver | undefined;
  #looking: NodeJS.Timeout | undefined;
  /** Why the twin was gone before we could read for it. */
  #missed: string | undefined;
  /** Looks left for which the sockets of a twin that seems stuck are read beside it; 0: it is not helped so. */
  #borrowed = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** From now on there is somebody to read for the twin. */
  start(resolver: Resolver): void {
    this.#resolver = resolver;
    if (this.#missed !== undefined) this.take(this.#missed, true);
  }

  get holds(): boolean {
    return this.#held !== undefined;
  }

  /** The twin's sockets, if it is we who read them: they are its for the asking. */
  get offer(): readonly ListenSockets[] {
    return this.#reading === undefined ? [] : this.#held!.sockets;
  }

  /** Keeps these in place of what was held before. */
  hold(held: Held | undefined): void {
    const before = this.#held;
    this.#held = held;
    this.#watch = held === undefined ? undefined : new Watch(held.sockets);
    if (held !== undefined) this.#looking ??= setInterval(() => this.#look(), LOOK);
    // Questions that came in by the old ones while they were read here may still be under way.
    if (before !== undefined) setTimeout(() => letGo(before), ANSWERS_DUE).unref();
  }

  /** Reads the twin's sockets; answers what it had received and not answered, if it is `dead`. */
  take(reason: string, dead: boolean): void {
    if (this.#held === undefined) return;
    if (this.#resolver === undefined) {
      this.#missed = reason;
      return;
    }
    const started = performance.now();
    this.#borrowed = 0;
    this.#reading ??= this.#resolver.serve(this.#held.sockets);
    this.#reading.receive();
    const replayed = dead ? this.#replay(this.#held, this.#reading) : 0;
    const ms = Math.round((performance.now() - started) * 100) / 100;
    this.#log.info('reading the sockets of the twin', { reason, replayed, ms });
  }

  /** The twin reads: the sockets it was given (`offered`), so we leave them to it; or others, and these stay ours to read. */
  giveBack(offered: boolean, pid: number): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    this.#reading = undefined;
    const lent = this.#borrowed > 0;
    this.#borrowed = 0;
    if (offered || lent) {
      reading.receive();
      reading.stop();
      this.#log.info('the twin reads its sockets itself', { pid });
    } else {
      this.#held = undefined; // never closed: somebody must read what is sent there
      this.#log.warn('the twin made new sockets; its old ones are read here for good', { pid });
    }
  }

  stop(): void {
    clearInterval(this.#looking);
    this.#reading?.stop();
    if (this.#held !== undefined) letGo(this.#held);
    this.#held = undefined;
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Reads beside a twin that does not read, for a while; then looks again whether it does. */
  #look(): void {
    if (this.#borrowed > 0 && --this.#borrowed === 0) {
      this.#reading?.stop();
      this.#reading = undefined;
    }
    if (this.#reading !== undefined || this.#resolver === undefined || !this.#watch?.stuck()) return;
    this.#borrowed = BORROWED;
    this.#reading = this.#resolver.serve(this.#held!.sockets);
    this.#reading.receive();
    this.#log.warn('the twin does not read its sockets; reading beside it');
  }

  /** Answers what the twin had received; each reply leaves by the socket its question came to. */
  #replay({ arenaFd }: Held, reading: Served): number {
    const found = unanswered(mapMemory(arenaFd));
    if (found === undefined) {
      this.#log.warn('the arena of the twin has a layout unknown here; what it held is not answered');
      return 0;
    }
    for (const { slot, length, tag } of found) reading.replay(slot, length, tag);
    return found.length;
  }
}

function letGo({ sockets, arenaFd }: Held): void {
  closeSockets(sockets);
  close(arenaFd);
}
