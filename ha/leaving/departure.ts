// departure — how this process goes: it says so, and whoever reads its sockets from then on says so, too.
//
// Who takes over is given a moment if it has only just begun. One that is patient goes only when somebody can take over: then
// both slots may be replaced at the same time. When two go at once, one stays until the other has been replaced.

import { setTimeout as pause } from 'node:timers/promises';
import type { Config, Slot } from '../../src/config.ts';
import type { Log } from '../../src/log/log.ts';
import type { Succession } from '../../src/resolver.ts';
import type { Speaker } from '../link/sender.ts';
import type { Keeper } from '../node/keeper.ts';
import type { Peer } from '../peers/peer.ts';

/** How long one that leaves waits for a word at least, milliseconds. */
const WORD_TIMEOUT = 500;
/**
 * Milliseconds for which somebody who is to take over has served at least: it is told of our cache and connections in the first
 * of them, and everything at once would be late.
 */
const MOMENT = 250;
/** Milliseconds between looks whether somebody can take over. */
const LOOK = 50;

export class Departure {
  readonly #slot: Slot;
  readonly #waitForTwin: number;
  readonly #log: Log;
  readonly #peers: () => Iterable<Peer>;
  readonly #speaker: Speaker;
  readonly #keeper: Keeper;
  #leaving = false;
  /** Until when a twin is waited for. */
  #end = 0;
  /** Somebody who could take over has been there. */
  #hadTwin = false;
  /** Set while a word is waited for. */
  #told: ((word: Succession | 'stay') => void) | undefined;

  constructor(
    { slot, waitForTwin }: Pick<Config, 'slot' | 'waitForTwin'>,
    log: Log,
    peers: () => Iterable<Peer>,
    speaker: Speaker,
    keeper: Keeper,
  ) {
    this.#slot = slot;
    this.#waitForTwin = waitForTwin;
    this.#log = log;
    this.#peers = peers;
    this.#speaker = speaker;
    this.#keeper = keeper;
  }

  /** Whether the others have been told. */
  get leaving(): boolean {
    return this.#leaving;
  }

  /**
   * @param patiently a twin that is away is waited for as long as the configuration says, one that has just begun for a moment
   * @param able whether a process that serves could go on as well as we
   * @returns who reads on
   */
  async leave(patiently: boolean, able: (peer: Peer) => boolean): Promise<Succession> {
    this.#end = performance.now() + (patiently ? this.#waitForTwin : 0);
    if (patiently) await this.#arrival();
    for (;;) {
      await this.#heir(able);
      this.#leaving = true;
      this.#keeper.leave();
      const word = await this.#ask();
      if (word !== 'stay') return word;
    }
  }

  /** Waits no longer; false when there was nothing to be waited for. */
  hurry(): boolean {
    if (this.#patience <= 0) return false;
    this.#end = 0;
    this.#told?.('unsure');
    return true;
  }

  /** A process serves now; it hears of it if it is to take over. */
  serves({ slot, channel }: Peer): void {
    if (this.#leaving) this.#speaker.tellLeaving(channel, this.#patience > 0);
    if (slot !== this.#slot) this.#hadTwin = true;
  }

  /** The other slot's process speaks another protocol: it serves, and will never take over. */
  strange(): void {
    this.#hadTwin = false;
  }

  /**
   * What it means for us that a process leaves: `take` its work; or, because we leave, too, `wait` for it to take ours, or
   * `none`, when each looks after its own.
   * @param patient it stays if it has to
   */
  crossed(peer: Peer | undefined, patient: boolean): 'take' | 'wait' | 'none' {
    if (!this.#leaving) return 'take';
    if (this.#told === undefined || peer === undefined) return 'none';
    const stays = this.#patience > 0 && (!patient || this.#staysBefore(peer));
    if (stays) this.#stay(peer);
    else if (!patient) this.told('none');
    return stays ? 'take' : patient ? 'wait' : 'none';
  }

  /** How those answer who were told; `none` when all of them have gone. */
  told(word: Succession): void {
    if (word === 'none' && this.#told !== undefined && this.#patience > 0) this.#stay();
    else this.#told?.(word);
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Milliseconds for which somebody is waited for. */
  get #patience(): number {
    return this.#hadTwin ? this.#end - performance.now() : 0;
  }

  #heirs(): Peer[] {
    return [...this.#peers()].filter(({ leaving }) => !leaving);
  }

  /** Resolves when all who could take over have arrived, or there is nobody: in a surge a newcomer reads what we do. */
  async #arrival(): Promise<void> {
    const serving = this.#heirs().filter(({ estate }) => estate !== undefined);
    const ms = Math.ceil(MOMENT - Math.min(...serving.map(({ servesFor }) => servesFor)));
    if (serving.length === 0 || ms <= 0) return;
    this.#log.info('the twin has only just begun: this instance serves a moment longer', { ms });
    await pause(ms);
  }

  /** The same for both: the secondary, or of one slot anyone. */
  #staysBefore({ slot, instance }: Peer): boolean {
    return slot === this.#slot ? this.#speaker.instance > instance : this.#slot === 'secondary';
  }

  /** Resolves when there is somebody to take over, or there is none to be waited for (any more). */
  async #heir(able: (peer: Peer) => boolean): Promise<void> {
    const waits = () => this.#patience > 0 && !this.#heirs().some(able);
    if (!waits()) return;
    this.#log.info('no twin is ready to take over: this instance serves until one is', {
      seconds: Math.ceil(this.#patience / 1000),
    });
    await new Promise<void>((resolve) => {
      const looking = setInterval(() => {
        if (waits()) return;
        clearInterval(looking);
        resolve();
      }, LOOK);
    });
  }

  async #ask(): Promise<Succession | 'stay'> {
    const heirs = this.#heirs();
    const patient = this.#patience > 0;
    if (heirs.length === 0) {
      // They have to know all the same: one of those who go clears up.
      for (const { channel } of this.#peers()) this.#speaker.tellLeaving(channel, false);
      return 'none';
    }
    const word = await new Promise<Succession | 'stay'>((resolve) => {
      this.#told = resolve;
      setTimeout(() => resolve('unsure'), Math.max(WORD_TIMEOUT, this.#patience)).unref();
      // One that has not begun to serve is told when it has.
      for (const { channel, estate } of heirs)
        if (estate !== undefined) this.#speaker.tellLeaving(channel, patient);
    });
    this.#told = undefined;
    return word;
  }

  /** @param gone one that leaves, if that is why we stay */
  #stay(gone?: Peer): void {
    this.#leaving = false;
    this.#keeper.stay();
    for (const peer of this.#heirs()) if (peer !== gone) this.#speaker.tell(peer.channel, 'serving');
    this.#told?.('stay');
    this.#told = undefined;
  }
}
