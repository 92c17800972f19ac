// top-window — lets a watcher look on for a time that was asked for; one at a time.

import { setTimeout as pause } from 'node:timers/promises';
import type { Resolver } from '../resolver.ts';
import { type TopReport, TopWatcher } from './top-watcher.ts';

type Wait = (ms: number) => Promise<unknown>;

export class TopWindow {
  readonly #inside: Pick<Resolver['inside'], 'arena' | 'now' | 'tap'>;
  readonly #wait: Wait;
  #isOpen = false;

  constructor(inside: Pick<Resolver['inside'], 'arena' | 'now' | 'tap'>, wait: Wait = pause) {
    this.#inside = inside;
    this.#wait = wait;
  }

  /** @param ms how long  @param most rows of each kind  @throws Error while another one looks on */
  async watch(ms: number, most: number): Promise<TopReport> {
    const { arena, now, tap } = this.#inside;
    if (this.#isOpen) throw new Error('another command watches its queries just now');
    this.#isOpen = true;
    const watcher = new TopWatcher(arena, now, Math.random);
    tap.add(watcher);
    await this.#wait(ms);
    tap.remove(watcher);
    this.#isOpen = false;
    return watcher.report(most);
  }
}
