// joining — a newcomer asks its twin for what that holds of the newcomer's slot, again if the channel breaks meanwhile: the twin may
// hold sockets of the slot all the same.

import type { ListenSockets } from '../../src/handover/sockets.ts';
import { WELCOME_DUE } from '../timing.ts';
import type { Dial } from './dial.ts';

/** How often it asks. */
const CALLS = 3;

export class Joining {
  readonly #dial: Dial;
  #welcomed: ((mine: readonly ListenSockets[] | undefined) => void) | undefined;
  #calls = 0;

  constructor(dial: Dial) {
    this.#dial = dial;
  }

  /** Whether a welcome is waited for. */
  get waits(): boolean {
    return this.#welcomed !== undefined;
  }

  /** Resolves to the sockets of our slot, if the twin has some; to none where there is no twin, or no answer in time. */
  async sockets(): Promise<readonly ListenSockets[] | undefined> {
    const mine = await new Promise<readonly ListenSockets[] | undefined>((resolve) => {
      this.#welcomed = resolve;
      this.call();
      this.#dial.atLatest(WELCOME_DUE, () => resolve(undefined));
    });
    this.#welcomed = undefined;
    return mine;
  }

  /** Asks, as long as a welcome is waited for. */
  call(): void {
    if (this.#welcomed !== undefined && (this.#calls++ === CALLS || !this.#dial.place()))
      this.#welcomed(undefined);
  }

  welcome(mine: readonly ListenSockets[] | undefined): void {
    this.#welcomed?.(mine);
  }
}
