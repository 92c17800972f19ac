// poller — what epoll tells of the descriptors that a process watches.

import { KernelError } from './errno.ts';
import { ERROR, HANGUP, type OpenFile, READABLE } from './open-file.ts';

/** Of epoll_ctl(2): told once of what has come. */
const EDGE = 1 << 31;
/** Told of whether they are asked for or not. */
const ALWAYS = ERROR | HANGUP;

interface Watch {
  readonly fd: number;
  readonly file: OpenFile;
  flags: number;
  readonly tag: number;
  /** Of one that is told of edges: what was told last. */
  told: number;
}

/** A descriptor watched apart from the others, by a duplicate. */
export interface Busy {
  readonly fd: number;
  readonly file: OpenFile;
  readonly tag: number;
  readonly letGo: () => void;
}

/** One call into the process: pairs of tag and flags. */
export type Report = readonly (readonly [tag: number, flags: number])[];

export class WatchSet {
  #watches: Watch[] = [];
  #busy: Busy[] = [];

  add(fd: number, file: OpenFile, flags: number, tag: number): void {
    if (this.#watches.some((one) => one.fd === fd && one.file === file))
      throw new KernelError('EEXIST', 'epoll_ctl');
    this.#watches.push({ fd, file, flags, tag, told: 0 });
  }

  /** @param letGo of the duplicate */
  addBusy(fd: number, file: OpenFile, tag: number, letGo: () => void): void {
    if (this.#busy.some((one) => one.fd === fd)) throw new KernelError('EEXIST', 'uv_poll_init');
    this.#busy.push({ fd, file, tag, letGo });
  }

  isBusy(fd: number): boolean {
    return this.#busy.some((one) => one.fd === fd);
  }

  modify(fd: number, file: OpenFile, flags: number): void {
    const watch = this.#watches.find((one) => one.fd === fd && one.file === file);
    if (watch === undefined) throw new KernelError('ENOENT', 'epoll_ctl');
    watch.flags = flags;
  }

  /** @param file what the descriptor is now, if it is open */
  remove(fd: number, file: OpenFile | undefined): void {
    const busy = this.#busy.find((one) => one.fd === fd);
    if (busy !== undefined) {
      this.#busy = this.#busy.filter((one) => one !== busy);
      return busy.letGo();
    }
    if (file === undefined) throw new KernelError('EBADF', 'epoll_ctl');
    const left = this.#watches.filter((one) => one.fd !== fd || one.file !== file);
    if (left.length === this.#watches.length) throw new KernelError('ENOENT', 'epoll_ctl');
    this.#watches = left;
  }

  close(): void {
    for (const { letGo } of this.#busy.splice(0)) letGo();
    this.#watches = [];
  }

  /** Whether it is read here. */
  reads(file: OpenFile): boolean {
    return (
      this.#busy.some((one) => one.file === file) ||
      this.#watches.some((one) => one.file === file && (one.flags & READABLE) !== 0)
    );
  }

  get isReady(): boolean {
    for (const busy of this.#busy) if (busy.file.flags & READABLE) return true;
    for (const watch of this.#watches) if (readiness(watch) !== 0) return true;
    return false;
  }

  /** Those watched apart that are readable now. */
  readyBusy(): readonly Busy[] {
    return this.#busy.filter(({ file }) => file.flags & READABLE);
  }

  /** What is told of such a one, if it is watched still. */
  reportOf(busy: Busy): Report {
    return this.#busy.includes(busy) ? [[busy.tag, READABLE | (busy.file.flags & ERROR)]] : [];
  }

  /** What is told of the others. */
  report(): Report {
    this.#watches = this.#watches.filter(({ file }) => file.isOpen);
    const ready: (readonly [number, number])[] = [];
    for (const watch of this.#watches) {
      const flags = readiness(watch);
      watch.told = watch.file.flags;
      if (flags !== 0) ready.push([watch.tag, flags]);
    }
    return ready;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function readiness({ file, flags, told }: Watch): number {
  if (!file.isOpen) return 0;
  const ready = file.flags & (flags | ALWAYS);
  return flags & EDGE ? ready & ~told : ready;
}
