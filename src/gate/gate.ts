// gate — an instance without a twin that serves takes no query before the cluster DNS has answered: what it captured before
// that, it could not answer, and without it kube-proxy leads pods to the cluster DNS.
//
//    a twin serves ──────────────► open    at once, however the servers fare
//    the cluster DNS answers ────► open
//    neither ──► asked again in 0.25, 0.5 … 5 s, without an end: an end would capture what still cannot be answered

import { setTimeout as timer } from 'node:timers/promises';
import type { Log } from '../log/log.ts';

/** Milliseconds until the cluster DNS is asked again, doubled each time. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 5000;
/** Milliseconds between looks whether a twin serves. */
const LOOK = 50;
/** Milliseconds between two lines of the log. */
const REMINDER = 60_000;

export interface GateParts {
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** Resolves to undefined when the cluster DNS has answered, else to the reason, part of a sentence; never rejects. */
  readonly ask: () => Promise<string | undefined>;
  readonly hasTwin: () => boolean;
  /** Called once, when it turns out that it has to be waited. */
  readonly onWait: () => void;
  readonly now?: () => number;
  /** Resolves after so many milliseconds. */
  readonly pause?: (ms: number) => Promise<unknown>;
  /** From 0 to 1: the instances of a thousand nodes shall not ask in step. */
  readonly chance?: () => number;
}

export class Gate {
  readonly #parts: Required<GateParts>;
  #reason: string | undefined;
  #told = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(parts: GateParts) {
    this.#parts = { now: () => performance.now(), pause: (ms) => timer(ms), chance: Math.random, ...parts };
  }

  /** Why it is shut, part of a sentence; undefined before it is known, and once it is open. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Resolves to true when it is open, to false when it has been given up. */
  async open(): Promise<boolean> {
    const { ask, hasTwin, now, pause, chance, log } = this.#parts;
    const began = now();
    let wait = FIRST_PAUSE;
    let due = began;
    let asking: Promise<void> | undefined;
    let answered = false;
    while (!answered && !this.#stopped && !hasTwin()) {
      if (asking === undefined && now() >= due)
        asking = ask().then((reason) => {
          asking = undefined;
          answered = reason === undefined;
          due = now() + wait * (0.75 + chance() / 2);
          wait = Math.min(2 * wait, LONGEST_PAUSE);
          if (reason !== undefined && !this.#stopped) this.#wait(reason);
        });
      await Promise.race([...(asking === undefined ? [] : [asking]), pause(LOOK)]);
    }
    const waited = this.#reason !== undefined;
    this.#reason = undefined;
    if (this.#stopped) return false;
    if (!waited) return true;
    log.info(
      answered
        ? 'the cluster DNS has answered: this instance goes on'
        : 'the twin serves: this instance goes on',
      {
        seconds: Math.round((now() - began) / 1000),
      },
    );
    return true;
  }

  /** Waits no longer. */
  stop(): void {
    this.#stopped = true;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #wait(reason: string): void {
    const isFirst = this.#reason === undefined;
    this.#reason = reason;
    const { log, now, onWait } = this.#parts;
    if (now() - this.#told >= REMINDER) {
      this.#told = now();
      log.warn(
        'the cluster DNS has not answered for the cluster domain: until it has, this instance captures nothing and is not ready',
        { reason },
      );
    }
    if (isFirst) onWait();
  }
}
