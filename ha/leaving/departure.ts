// departure — how this process goes: it says so, and its twin, which reads its sockets from then on, says so, too.
//
//     leaver                              the twin
//        │  (waits, if a kubelet has said that it is replaced, until the twin is there, and settled)
//        │ ── leaving ──────────────────► │      it reads my sockets from now on …
//        │ ◄────────────────────── taken ─│      … and goes on with all I leave: I go
//        │ ◄─────────────────────── read ─│      … but does not understand my memory: I answer what I have, and
//        │ ── connection ───────────────► │      leave it those on which all has been answered, again and again
//        ×  (end of the channel)          │
//
// When both go at once, one stays until the other has been replaced: of two that are patient the secondary.
//
// A signal alone never makes an instance patient: at the shutdown of a machine both get one, and no twin comes any more. A
// kubelet that replaces a pod says so first.

import { setTimeout as pause } from 'node:timers/promises';
import type { Config, Slot } from '../../src/config.ts';
import type { Succession } from '../../src/handover/handover.ts';
import type { Leaving } from '../../src/instance/membership.ts';
import type { Log } from '../../src/log/log.ts';
import type { Sender } from '../link/sender.ts';
import type { Keeper } from '../node/keeper.ts';
import type { Peer } from '../peers/peer.ts';
import { ARRIVED, GRANTED, SUCCESSOR_LOOK, WORD_DUE } from '../timing.ts';

export class Departure {
  readonly #slot: Slot;
  readonly #waitForTwin: number;
  readonly #log: Log;
  readonly #peer: () => Peer | undefined;
  readonly #sender: Sender;
  readonly #keeper: Keeper;
  #leaving = false;
  /** Until when a twin is waited for. */
  #end = 0;
  /** A SIGTERM until then waits for a twin. */
  #patientUntil = Number.NEGATIVE_INFINITY;
  /** Set while the twin's word is waited for. */
  #told: ((word: Succession | 'stay') => void) | undefined;

  constructor(
    { slot, waitForTwin }: Pick<Config, 'slot' | 'waitForTwin'>,
    log: Log,
    peer: () => Peer | undefined,
    sender: Sender,
    keeper: Keeper,
  ) {
    this.#slot = slot;
    this.#waitForTwin = waitForTwin;
    this.#log = log;
    this.#peer = peer;
    this.#sender = sender;
    this.#keeper = keeper;
  }

  /** How connections are left to the twin that reads our sockets from now on. */
  passing(succession: Succession): Leaving['pass'] {
    const reader = succession === 'read' ? this.#peer() : undefined;
    return (fd) => {
      if (reader === undefined || reader !== this.#peer()) return 'kept';
      return this.#sender.tellConnection(reader.channel, fd) ? 'passed' : 'later';
    };
  }

  /** Whether the twin has been told. */
  get leaving(): boolean {
    return this.#leaving;
  }

  /** Whether the twin has been told and has not answered. */
  get waits(): boolean {
    return this.#told !== undefined;
  }

  /** The signal that comes soon is that of a kubelet, which puts another instance in our place. */
  preStop(): void {
    this.#patientUntil = performance.now() + GRANTED;
  }

  /**
   * @param inOrder a newcomer is waited for, for a moment
   * @param able whether the twin could go on as well as we
   * @returns what becomes of our work
   */
  async leave(inOrder: boolean, able: (peer: Peer) => boolean): Promise<Succession> {
    const now = performance.now();
    if (inOrder && now < this.#patientUntil) this.#end = now + this.#waitForTwin;
    if (inOrder) await this.#arrival();
    for (;;) {
      await this.#successor(able);
      this.#leaving = true;
      this.#keeper.leave();
      const word = await this.#ask();
      // Another one has come meanwhile, and was given what we hold of its slot.
      if (word === 'none' && this.#candidate !== undefined) continue;
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

  /** The twin serves now; it hears of it if it is to take over. */
  serves({ channel }: Peer): void {
    if (this.#leaving) this.#sender.tellLeaving(channel, this.#patience > 0);
  }

  /**
   * What it means for us that the twin leaves: `take` its work; or, because we leave, too, `wait` for it to take ours, or
   * `none`, when each looks after its own.
   * @param patient it stays if it has to
   */
  crossed(patient: boolean): 'take' | 'wait' | 'none' {
    if (!this.#leaving) return 'take';
    if (this.#told === undefined) return 'none';
    const stays = this.#patience > 0 && (!patient || this.#slot === 'secondary');
    if (stays) this.#stay();
    else if (!patient) this.told('none');
    return stays ? 'take' : patient ? 'wait' : 'none';
  }

  /** How the twin answers; `none` when it has gone. */
  told(word: Succession): void {
    if (word === 'none' && this.#told !== undefined && this.#patience > 0) this.#stay();
    else this.#told?.(word);
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Milliseconds for which a twin is waited for. */
  get #patience(): number {
    return this.#end - performance.now();
  }

  /** The twin, unless it leaves, too. */
  get #candidate(): Peer | undefined {
    const peer = this.#peer();
    return peer?.leaving ? undefined : peer;
  }

  /** Resolves when the twin has arrived, if it is just coming. */
  async #arrival(): Promise<void> {
    const serving = this.#candidate;
    const ms = Math.ceil(ARRIVED - (serving?.servesFor ?? Number.POSITIVE_INFINITY));
    if (serving?.serves === undefined || ms <= 0) return;
    this.#log.info('the twin has only just begun: this instance serves a moment longer', { ms });
    await pause(ms);
  }

  /** Resolves when the twin can take over, or is waited for no more. */
  async #successor(able: (peer: Peer) => boolean): Promise<void> {
    const waits = () => this.#patience > 0 && !this.#isReady(able);
    if (!waits()) return;
    this.#log.info('no twin is ready to take over: this instance serves until one is', {
      seconds: Math.ceil(this.#patience / 1000),
    });
    while (waits()) await pause(SUCCESSOR_LOOK);
  }

  #isReady(able: (peer: Peer) => boolean): boolean {
    return this.#candidate !== undefined && able(this.#candidate);
  }

  async #ask(): Promise<Succession | 'stay'> {
    const candidate = this.#candidate;
    if (candidate === undefined) {
      const peer = this.#peer();
      // It has to know all the same: the last to go clears up.
      if (peer !== undefined) this.#sender.tellLeaving(peer.channel, false);
      return 'none';
    }
    const word = await new Promise<Succession | 'stay'>((resolve) => {
      this.#told = resolve;
      const due = () => {
        candidate.channel.hear(); // it may have answered, and we were kept from running
        resolve('unsure');
      };
      setTimeout(due, Math.max(WORD_DUE, this.#patience)).unref();
      // A newcomer that does not serve yet is told when it does.
      if (candidate.serves !== undefined) this.#sender.tellLeaving(candidate.channel, this.#patience > 0);
    });
    this.#told = undefined;
    // It may have answered and died in one breath.
    const isGone = (word === 'taken' || word === 'read') && this.#peer() !== candidate;
    if (!isGone) return word;
    if (this.#patience <= 0) return 'none';
    this.#stay();
    return 'stay';
  }

  #stay(): void {
    this.#leaving = false;
    this.#keeper.stay();
    this.#told?.('stay');
    this.#told = undefined;
  }
}
