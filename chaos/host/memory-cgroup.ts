// memory-cgroup — a limit on the memory that a process may take from now on; the kernel enforces it with SIGKILL.

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

const ROOT = '/sys/fs/cgroup';

export class MemoryCgroup {
  readonly #folder: string;
  readonly #limit: string;
  readonly #bytes: number;

  /** @param bytes that a process may take once it is added, beyond what it has */
  constructor(name: string, bytes: number) {
    const { parent, limit } = place();
    this.#folder = `${parent}/${name}`;
    this.#limit = limit;
    this.#bytes = bytes;
    mkdirSync(this.#folder);
    this.#write(limit, bytes);
    if (existsSync(`${this.#folder}/memory.swap.max`)) this.#write('memory.swap.max', 0);
  }

  add(pid: number): void {
    this.#write('cgroup.procs', pid);
    this.#write(this.#limit, this.#bytes);
  }

  /** The process is held to it no longer; what it has taken stays counted until it gives it back. */
  release(pid: number): void {
    writeFileSync(`${this.#folder}/../cgroup.procs`, String(pid));
  }

  /** Only when no process is in it any more. */
  remove(): void {
    rmdirSync(this.#folder);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #write(file: string, value: number): void {
    writeFileSync(`${this.#folder}/${file}`, String(value));
  }
}

/** Below our own cgroup, in the version that has the memory controller. */
function place(): { parent: string; limit: string } {
  const own = readFileSync('/proc/self/cgroup', 'utf8');
  const first = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(own)?.[1];
  if (first !== undefined && existsSync(`${ROOT}/memory${first}`))
    return { parent: `${ROOT}/memory${first}`, limit: 'memory.limit_in_bytes' };
  // Version 2 has controllers only in groups without processes; the root is excepted.
  const controllers = existsSync(`${ROOT}/cgroup.subtree_control`)
    ? readFileSync(`${ROOT}/cgroup.subtree_control`, 'utf8')
    : '';
  if (controllers.includes('memory')) return { parent: ROOT, limit: 'memory.max' };
  throw new Error(`there is no memory controller below ${ROOT}: run on a machine with cgroups, as root.`);
}
