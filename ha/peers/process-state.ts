// process-state — how another process fares, as the kernel tells it: in proc_pid_stat(5) and the schedstat of its main thread.
// They are found by a descriptor of their folder which that process has opened and handed out. So they can be read from
// another PID namespace, and never mean a later process. No cgroup of it is looked at: a pod does not see another one's.

import { closeSync, constants, existsSync, fstatSync, openSync, readSync, statfsSync } from 'node:fs';
import { errnoOf } from '../../src/errors.ts';
import { KERNEL_TICK, MUCH_PROCESSOR_TIME, OBSERVED_AT_ONCE, OBSERVED_FROM } from '../timing.ts';

/** Of the flags in proc_pid_stat(5): it is on its way out; of a signal, after its memory was written to a file perhaps. */
const PF_EXITING = 0x4;
const PF_SIGNALED = 0x400;
/** Of statfs(2). */
const PROC_SUPER_MAGIC = 0x9fa0;
/** Of /dev/null, as the kernel numbers devices: major 1, minor 3. */
const NULL_DEVICE = 0x103;
/** Not the last part of a path that is a link, and not waited for. */
const CAUTIOUSLY = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** Each of the files takes a tenth of this. */
const room = Buffer.allocUnsafeSlow(4096);

/** A descriptor of how the calling thread fares, to be handed out; of nothing where there is no /proc. */
export function openOwnState(): number {
  try {
    return openSync('/proc/thread-self', 'r');
  } catch {
    return openSync('/dev/null', 'r');
  }
}

/**
 * Whether it is what `openOwnState` hands out: a descriptor of a folder in /proc, or of nothing. Asking opens nothing, and what
 * lies in such a folder is read without waiting; what lies in another one may be a pipe that no process writes to.
 */
export function isProcessState(fd: number): boolean {
  try {
    const about = fstatSync(fd);
    if (about.isCharacterDevice()) return about.rdev === NULL_DEVICE;
    return about.isDirectory() && statfsSync(`/proc/self/fd/${fd}`).type === PROC_SUPER_MAGIC;
  } catch {
    return false;
  }
}

export class ProcessState {
  readonly #fd: number | undefined;
  #beat = 0;
  /** The processor time it had used when it was first observed since its last beat, and what it has used since. */
  #before = 0;
  #spent = 0;
  /** When it was last observed, as milliseconds of silence. */
  #until = 0;
  /** Of the time between, milliseconds in which it could have shown a sign of life. */
  #chances = 0;

  /** @param fd that of `openOwnState` of the other process, which stays the caller's; without, nothing is known */
  constructor(fd?: number) {
    this.#fd = fd;
  }

  /** Whether it is certain to run no code any more; false also when nothing can be seen. */
  get isGone(): boolean {
    return isGone(this.#stat());
  }

  /** Whether a signal has stopped it (SIGSTOP): it makes no system call then. A traced process may be about to. */
  get isStopped(): boolean {
    return this.#stat().state === 'T';
  }

  /** Takes a look at a process that gives no sign of life. @param beat its last one @param silence milliseconds since */
  observe(beat: number, silence: number): void {
    if (silence < OBSERVED_FROM) return;
    const stat = this.#stat();
    if (isGone(stat)) return; // what it does when it ends says nothing of what it did
    const time = this.#processorTime(stat.ticks);
    const isNew = beat !== this.#beat;
    if (isNew) {
      this.#beat = beat;
      this.#before = time ?? 0;
      this.#chances = 0;
    }
    const spent = time === undefined ? Number.POSITIVE_INFINITY : time - this.#before;
    // It runs, or waits for a processor: while it waits it can do nothing. Any other one waits for something else, or is stopped.
    // Of a long time between two looks we have seen nothing: it was we that did not run.
    if (!isNew)
      this.#chances +=
        stat.state === 'R' && time !== undefined
          ? spent - this.#spent
          : Math.min(silence - this.#until, OBSERVED_AT_ONCE);
    this.#until = silence;
    this.#spent = spent;
  }

  /**
   * Milliseconds for which it was observed since that beat and could have shown a sign of life. Time in which it waited for a
   * processor, its quota used up or others running, is none of it.
   */
  observedFor(beat: number): number {
    return beat === this.#beat ? this.#chances : 0;
  }

  /**
   * Whether what it has had in hand since that beat keeps it busy, for more than `ms` milliseconds by now. Otherwise it is kept
   * from running: it was stopped, has used up its share of the processor, waits for its turn or for memory.
   */
  isBusy(beat: number, ms: number): boolean {
    return beat === this.#beat && this.#until > ms && this.#spent >= MUCH_PROCESSOR_TIME;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #stat(): Stat {
    const text = this.#read('stat');
    if (typeof text !== 'string') return { state: text.gone ? '-' : '', ticks: 0 };
    const [, state = '', flags, user, system] =
      /^\d+ \(.*\) (\w)(?: \S+){5} (\d+)(?: \d+){4} (\d+) (\d+)/s.exec(text) ?? [];
    return {
      state: Number(flags) & (PF_EXITING | PF_SIGNALED) ? '-' : state,
      ticks: Number(user) + Number(system),
    };
  }

  /** Milliseconds; undefined when it cannot be seen. @param ticks where the kernel does not count more finely */
  #processorTime(ticks: number): number | undefined {
    const text = this.#read('schedstat');
    if (typeof text !== 'string') return undefined;
    return Number.parseInt(text, 10) / 1e6 || ticks * KERNEL_TICK;
  }

  #read(file: string): string | { readonly gone: boolean } {
    if (this.#fd === undefined) return { gone: false };
    try {
      return readSome(`/proc/self/fd/${this.#fd}/${file}`);
    } catch (error) {
      const errno = errnoOf(error);
      return { gone: errno === 'ESRCH' || (errno === 'ENOENT' && existsSync('/proc/self/stat')) };
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** Of proc_pid_stat(5). */
interface Stat {
  /** The letter; '-' when it runs no code of its own any more, '' when it cannot be seen. */
  readonly state: string;
  /** Processor time it has used. */
  readonly ticks: number;
}

function isGone({ state }: Stat): boolean {
  return /^[ZX-]$/.test(state);
}

/** What fits in `room`. @throws what the kernel says */
function readSome(path: string): string {
  const fd = openSync(path, CAUTIOUSLY);
  try {
    return room.toString('latin1', 0, readSync(fd, room));
  } finally {
    closeSync(fd);
  }
}
