// departure — how this process goes: it says so, and whoever reads its sockets from then on says so, too.
//
// One that is patient goes only when somebody can take over: then both slots may be replaced at the same time. When both are
// about to go at once, the primary does, and the secondary stays until there is a primary again.

import type { Slot } from '../src/config.ts';
import type { Log } from '../src/log/log.ts';
import type { Succession } from '../src/resolver.ts';
import type { Keeper } from './node/keeper.ts';
import type { Peer } from './peer.ts';
import type { Speaker } from './speaker.ts';

/** How long one that leaves waits for a word, milliseconds. */
const WORD_TIMEOUT = 500;

export class Departure {
  readonly #slot: Slot;
  readonly #log: Log;
  readonly #peers: () => Iterable<Peer>;
  readonly #speaker: Speaker;
  readonly #keeper: Keeper;
  #leaving = false;
  #patient = false;
  /** Somebody who could take over has been there. */
  #hadTwin = false;
  #found: (() => void) | undefined;
  #told: ((word: Succession | 'stay') => void) | undefined;

  constructor(slot: Slot, log: Log, peers: () => Iterable<Peer>, speaker: Speaker, keeper: Keeper) {
    this.#slot = slot;
    this.#log = log;
    this.#peers = peers;
    this.#speaker = speaker;
    this.#keeper = keeper;
  }

  /** Whether the others have been told. */
  get leaving(): boolean {
    return this.#leaving;
  }

  /** @param patience milliseconds a twin that is away is waited for at most; resolves to who reads on */
  async leave(patience: number): Promise<Succession> {
    const end = performance.now() + patience;
    this.#patient = patience > 0;
    for (;;) {
      await this.#heir(end - performance.now());
      this.#leaving = true;
      this.#keeper.leave();
      const word = await this.#ask();
      if (word !== 'stay') return word;
    }
  }

  /** A process serves now: it can take over, and hears of it if it is to. */
  serves(peer: Peer): void {
    if (this.#leaving) this.#speaker.tell(peer.channel, 'leaving');
    if (peer.slot === this.#slot) return;
    this.#hadTwin = true;
    this.#found?.();
  }

  /** What a process that leaves, too, means for us: 'none' when each looks after its own. */
  crossed(peer: Peer | undefined): 'take' | 'wait' | 'none' {
    if (!this.#leaving) return 'take';
    if (!this.#patient || peer === undefined || peer.slot === this.#slot) {
      this.told('none');
      return 'none';
    }
    if (this.#slot === 'primary') return 'wait';
    this.#stay(peer);
    return 'take';
  }

  /** How those answer who were told. */
  told(word: Succession): void {
    this.#told?.(word);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #heirs(): Peer[] {
    return [...this.#peers()].filter(({ leaving }) => !leaving);
  }

  /** Resolves when there is somebody to take over, or there is none to be waited for (any more). */
  async #heir(patience: number): Promise<void> {
    if (patience <= 0 || !this.#hadTwin) return;
    const isThere = () => this.#heirs().some(({ estate }) => estate !== undefined);
    if (isThere()) return;
    this.#log.info('the twin is away: this instance serves until it is back', {
      seconds: Math.round(patience / 1000),
    });
    await new Promise<void>((resolve) => {
      this.#found = () => {
        if (isThere()) resolve();
      };
      setTimeout(resolve, patience).unref();
    });
    this.#found = undefined;
  }

  async #ask(): Promise<Succession | 'stay'> {
    const heirs = this.#heirs();
    if (heirs.length === 0) {
      // They have to know all the same: one of those who go clears up.
      for (const { channel } of this.#peers()) this.#speaker.tell(channel, 'leaving');
      return 'none';
    }
    return new Promise((resolve) => {
      this.#told = resolve;
      setTimeout(() => resolve('unsure'), WORD_TIMEOUT).unref();
      // One that has not begun to serve is told when it has.
      for (const { channel, estate } of heirs)
        if (estate !== undefined) this.#speaker.tell(channel, 'leaving');
    });
  }

  #stay(gone: Peer): void {
    this.#leaving = false;
    this.#keeper.stay();
    for (const peer of this.#heirs()) if (peer !== gone) this.#speaker.tell(peer.channel, 'serving');
    this.#told?.('stay');
  }
}
