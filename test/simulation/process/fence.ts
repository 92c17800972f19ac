// fence — calls that are made only while no other process has taken what they are made on: the Fence of node-reuseport.

import { errnos, KernelError } from '../kernel/errno.ts';
import { SharedMemory } from '../kernel/memory.ts';
import type { Process } from './process.ts';
import type { streamCalls } from './streams.ts';

export const FENCE_PLACES = 6;

/** @param isExact whether looking and calling is one step, as with restartable sequences */
export function fenceClass(process: Process, streams: ReturnType<typeof streamCalls>, isExact: boolean) {
  const wordOf = (fd: number, word: number) => {
    const memory = process.file(fd);
    if (!(memory instanceof SharedMemory)) throw new KernelError('EINVAL', 'fcntl');
    const words = new Int32Array(memory.buffer);
    return () => words[word]!;
  };
  return class Fence {
    readonly isExact = isExact;
    readonly #ours: () => number;
    readonly #theirs: (() => number)[] = [];

    constructor(fd: number, word: number) {
      this.#ours = wordOf(fd, word);
    }

    watch(place: number, fd: number, word: number): void {
      this.#theirs[place] = fd < 0 ? () => 0 : wordOf(fd, word);
    }

    write(fd: number, buffer: Uint8Array, offset: number, length: number): number {
      return this.#call('write', () => streams.write(fd, buffer, offset, length));
    }

    discard(fd: number, length: number): number {
      return this.#call('discard', () => streams.discard(fd, length));
    }

    wakeAt(fd: number, bytes: number): number {
      return this.#call('wakeAt', () => streams.wakeAt(fd, bytes));
    }

    shutdown(fd: number, how: number): number {
      return this.#call('shutdown', () => streams.shutdown(fd, how));
    }

    reset(fd: number): number {
      return this.#call('reset', () => streams.reset(fd));
    }

    // -----------------------------------------------------------------------------------------------------------------

    #call(name: string, call: () => number): number {
      process.enter(name);
      const failed = process.failure(name);
      if (this.#theirs.some((word) => word?.() === this.#ours())) return -errnos.ESTALE;
      if (!isExact) process.enter(`${name}, looked`);
      return failed === undefined ? call() : -errnos[failed];
    }
  };
}
