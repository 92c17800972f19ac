// peer — another process of the service: how it is reached, what is held of it, how it seems to fare.

import { close, monotonicMs } from 'node-reuseport';
import type { CacheShare } from '../../src/cache/cache-share.ts';
import type { Slot } from '../../src/config.ts';
import { BEAT, IN_HAND } from '../../src/handover/journal.ts';
import { FILLS, type FillCounters, Fills } from '../link/cache-sync.ts';
import type { Channel } from '../link/channel.ts';
import { BEHIND, CONNECTION, decodeBinary, type Message } from '../link/protocol.ts';
import { HeldConnections } from './held-connections.ts';
import type { Estate } from './holdings.ts';
import { OBSERVED_FROM } from './process-state.ts';
import { Watch } from './queue-watch.ts';

/** Milliseconds after a silence in which connections its process lets go of are looked for all the time. */
const GIVING = 2000;
/** Milliseconds after which a newcomer is as quick as any. */
const SETTLED = 1000;
/** Milliseconds for which it has to be observed that a process is silent: perhaps we were, and it was not. */
const OBSERVED = 50;
/**
 * The same for one that has something in hand, which may be what it hangs on: the period of the kernel's CPU controller, in
 * which one that is kept from running most of the time runs for a while.
 */
const PERIOD = 100;
/** Looks for which one that does not read is helped before it is looked at again: a quarter of a second. */
const LENT = 25;

export class Peer {
  readonly channel: Channel;
  readonly slot: Slot;
  /** For people: as seen from here, or as it says itself. */
  readonly pid: number;
  readonly version: string;
  readonly instance: string;
  /** It will end soon and reads nothing more. */
  leaving = false;
  /** Looks for which its sockets are read beside it; 0: it reads them alone. */
  lent = 0;
  /** Why they are, or were last. */
  helped: 'new' | 'stuck' = 'stuck';
  /** What it had in hand when it was found stuck, and it is not known yet what becomes of it; 0: nothing. */
  open = 0;
  readonly connections = new HeldConnections();
  /** Until when it may be letting go of connections because it was found silent. */
  givingUntil = 0;
  /** What it is told of our cache; undefined until it serves. */
  fills: Fills | undefined;
  #estate: Estate | undefined;
  #servesSince = Number.POSITIVE_INFINITY;
  #watch: Watch | undefined;
  /** The beat at which it was found silent. */
  #silentAt = 0;

  constructor(channel: Channel, { slot, pid, version, instance }: Message) {
    this.channel = channel;
    this.slot = slot;
    this.pid = channel.pid || pid;
    this.version = version;
    this.instance = instance;
  }

  /** Milliseconds without a sign of life; 0 as long as it has not begun to show any. */
  get silentFor(): number {
    const estate = this.#estate;
    return estate === undefined || estate.word(BEAT) === 0 ? 0 : estate.silence(monotonicMs());
  }

  /** Milliseconds since it told that it serves. */
  get servesFor(): number {
    return monotonicMs() - this.#servesSince;
  }

  /** Whether it is past its slow beginning and knows what we know. */
  get isSettled(): boolean {
    return !this.leaving && this.servesFor > SETTLED && this.fills?.toldAll === true;
  }

  get estate(): Estate | undefined {
    return this.#estate;
  }

  /** What it serves; returns what was held of it before. */
  hold(estate: Estate): Estate | undefined {
    const before = this.#estate;
    if (before === undefined) this.#servesSince = monotonicMs();
    this.#estate = estate;
    this.#watch = new Watch(estate.sockets);
    if (estate.layout === undefined) this.connections.close();
    return before;
  }

  /** From now on it is told of our cache; not before it serves, for it could not take it. */
  share(cache: CacheShare, counters: FillCounters): void {
    if (this.#estate === undefined || this.fills !== undefined) return;
    this.fills = new Fills(cache, this.channel, counters);
    this.fills.start();
  }

  /** Takes in a message in bytes; its descriptors are ours from now on. */
  binary(bytes: Uint8Array, descriptors: readonly number[]): void {
    if (bytes[0] === FILLS) this.fills?.receive(bytes, bytes.length);
    // Records that are not understood tell neither where a connection stands nor when it has ended.
    const understood = this.#estate === undefined || this.#estate.layout !== undefined;
    const said = understood ? decodeBinary(bytes) : undefined;
    if (said?.kind === CONNECTION && descriptors.length === 1) {
      return this.connections.hold(said.record, said.generation, descriptors[0]!);
    }
    if (said?.kind === BEHIND) {
      this.connections.keep(said.record, said.generation, said.offset, said.answers);
    }
    for (const fd of descriptors) close(fd);
  }

  /** Its sockets are read beside it for that many looks at least. */
  lend(looks: number): void {
    this.lent = Math.max(this.lent, looks);
    this.helped = 'new';
  }

  /**
   * Looks whether its sockets are read; true when it begins to need help. @param silent it shows no sign of life: it is
   * helped until it does
   */
  look(silent: boolean): boolean {
    if (this.lent > 0 && !silent) this.lent--;
    else if (silent || this.#watch?.stuck()) {
      const known = this.lent > 0 && this.helped === 'stuck';
      this.lent = Math.max(this.lent, LENT);
      this.helped = 'stuck';
      return !known;
    }
    return false;
  }

  /** Whether it gives no sign of life for `ms` milliseconds, or never will again: its end may take long. */
  isSilent(now: number, ms: number): boolean {
    const estate = this.#estate;
    if (estate === undefined) return false;
    const silence = estate.silence(now);
    return silence > ms || (!this.leaving && silence > OBSERVED_FROM && estate.life.isGone);
  }

  /** True once for every time it is found silent. */
  fellSilent(now: number, ms: number): boolean {
    const estate = this.#estate;
    if (estate === undefined || !this.isSilent(now, ms)) return false;
    const beat = estate.word(BEAT);
    if (beat === this.#silentAt) return false;
    const { life } = estate;
    const mayHang = estate.word(IN_HAND) > 0 && !life.isStopped;
    if (life.observedFor(beat) < (mayHang ? PERIOD : OBSERVED) && !life.isGone) return false;
    this.#silentAt = beat;
    this.givingUntil = now + GIVING;
    return true;
  }
}

/** Who could go on with what a process of `slot` has, the one of the other slot that came last before others. */
export function heirOf(peers: Iterable<Peer>, slot: Slot): Peer | undefined {
  const able = [...peers].filter(({ estate, leaving }) => estate !== undefined && !leaving);
  return able.findLast((peer) => peer.slot !== slot) ?? able.at(-1);
}
