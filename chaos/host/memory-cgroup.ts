// memory-cgroup — a limit on the memory that a process may take from now on; the kernel enforces it with SIGKILL.

import { Cgroup } from './cgroup.ts';

export class MemoryCgroup {
  readonly #group: Cgroup;
  readonly #bytes: number;

  /** @param bytes that a process may take once it is added, beyond what it has */
  constructor(name: string, bytes: number) {
    this.#group = new Cgroup('memory', name);
    this.#bytes = bytes;
    this.#limit();
    if (this.#group.has('memory.swap.max')) this.#group.write('memory.swap.max', 0);
  }

  add(pid: number): void {
    this.#group.add(pid);
    this.#limit();
  }

  /** The process is held to it no longer; what it has taken stays counted until it gives it back. */
  release(pid: number): void {
    this.#group.release(pid);
  }

  /** Only when no process is in it any more. */
  remove(): void {
    this.#group.remove();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #limit(): void {
    this.#group.write(this.#group.version === 1 ? 'memory.limit_in_bytes' : 'memory.max', this.#bytes);
  }
}
