// life — how another process fares, as the kernel tells it: in proc_pid_stat(5) of its main thread, by a descriptor which that
// process has opened and handed out. So it can be read from another PID namespace, and never means a later process.

import { openSync, readSync } from 'node:fs';
import { close } from 'node-reuseport';
import { errnoOf } from '../src/errors.ts';

/** Milliseconds without a sign of life from which on it is observed: it beats every 10 ms. */
const OBSERVED_FROM = 30;
/** Milliseconds it has to be observed before anything follows from what it did. */
const LONG_ENOUGH = 50;
/** Processor time, milliseconds, that no query takes which can be answered. */
const TOO_MUCH = 30;
/** Of proc_pid_stat's times, milliseconds. */
const TICK = 10;

const text = Buffer.alloc(1024);

/** A descriptor of how the calling process fares, to be handed out; of nothing where there is no /proc. */
export function openOwnLife(): number {
  try {
    return openSync('/proc/thread-self/stat', 'r');
  } catch {
    return openSync('/dev/null', 'r');
  }
}

export class Life {
  readonly #fd: number;
  #beat = 0;
  /** When it was first observed since its last beat, as milliseconds of silence, and the processor time it had used by then. */
  #from = 0;
  #before = 0;
  #until = 0;
  #spent = 0;

  /** @param fd that of `openOwnLife` of the other process, ours from now on */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Whether it is certain to do nothing any more; false also when nothing can be seen. */
  get isGone(): boolean {
    return this.#read()?.state === 'gone';
  }

  /** Whether somebody stopped it (SIGSTOP): then it is silent through no fault of what it was doing. */
  get isStopped(): boolean {
    return this.#read()?.state === 'stopped';
  }

  /** Takes a look at one that gives no sign of life. @param beat its last one @param silence milliseconds since */
  observe(beat: number, silence: number): void {
    if (silence < OBSERVED_FROM) return;
    const seen = this.#read();
    if (seen?.state === 'gone') return; // what it does when it ends says nothing of what it did
    if (beat !== this.#beat) {
      this.#beat = beat;
      this.#from = silence;
      this.#before = seen?.cpu ?? 0;
    }
    this.#until = silence;
    this.#spent = seen === undefined ? Number.POSITIVE_INFINITY : seen.cpu - this.#before;
  }

  /** Whether it was observed for long enough since that beat to tell why it is silent. */
  isObserved(beat: number): boolean {
    return beat === this.#beat && this.#until - this.#from >= LONG_ENOUGH;
  }

  /**
   * Whether what it has had in hand since that beat keeps it busy, for more than `ms` milliseconds by now. Otherwise it is kept
   * from running: it was stopped, has used up its share of the processor, waits for its turn or for memory.
   */
  isBusy(beat: number, ms: number): boolean {
    return this.isObserved(beat) && this.#until > ms && this.#spent >= TOO_MUCH;
  }

  close(): void {
    close(this.#fd);
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Undefined when it cannot be seen. */
  #read(): { readonly state: 'gone' | 'stopped' | 'lives'; readonly cpu: number } | undefined {
    let length: number;
    try {
      length = readSync(this.#fd, text, 0, text.length, 0);
    } catch (error) {
      return errnoOf(error) === 'ESRCH' ? { state: 'gone', cpu: 0 } : undefined;
    }
    const line = text.toString('latin1', 0, length);
    const [state, ...numbers] = line.slice(line.lastIndexOf(')') + 2).split(' ');
    if (state === undefined || numbers.length < 12) return undefined;
    const cpu = (Number(numbers[10]) + Number(numbers[11])) * TICK;
    if (/^[ZX]$/.test(state)) return { state: 'gone', cpu };
    return { state: /^[Tt]$/.test(state) ? 'stopped' : 'lives', cpu };
  }
}
