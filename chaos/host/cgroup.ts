// cgroup — a group of processes that the kernel accounts for together, below our own; in either version of cgroups.

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

const ROOT = '/sys/fs/cgroup';

export class Cgroup {
  /** Files of version 1 and of version 2 have other names. */
  readonly version: 1 | 2;
  readonly #parent: string;
  readonly #folder: string;

  /** @throws where there is no such controller, or no group can be made */
  constructor(controller: 'memory' | 'cpu', name: string) {
    const { parent, version } = place(controller);
    this.version = version;
    this.#parent = parent;
    this.#folder = `${parent}/${name}`;
    mkdirSync(this.#folder);
  }

  write(file: string, value: number | string): void {
    writeFileSync(`${this.#folder}/${file}`, String(value));
  }

  read(file: string): string {
    return readFileSync(`${this.#folder}/${file}`, 'utf8');
  }

  has(file: string): boolean {
    return existsSync(`${this.#folder}/${file}`);
  }

  /** A process, with all of its threads. */
  add(pid: number): void {
    this.write('cgroup.procs', pid);
  }

  /** It is in our own again. Harmless when it has ended. */
  release(pid: number): void {
    try {
      writeFileSync(`${this.#parent}/cgroup.procs`, String(pid));
    } catch {
      // It has ended.
    }
  }

  /** Only when no process is in it any more. */
  remove(): void {
    rmdirSync(this.#folder);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** Below our own, in the version that has the controller. */
function place(controller: string): { parent: string; version: 1 | 2 } {
  const own = readFileSync('/proc/self/cgroup', 'utf8');
  const first = new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(.*)$`, 'm').exec(own)?.[1];
  const parent = `${ROOT}/${controller}${first === '/' ? '' : first}`;
  if (first !== undefined && existsSync(parent)) return { parent, version: 1 };
  // Version 2 has controllers only in groups without processes; the root is excepted.
  const controllers = existsSync(`${ROOT}/cgroup.subtree_control`)
    ? readFileSync(`${ROOT}/cgroup.subtree_control`, 'utf8')
    : '';
  if (controllers.split(/\s/).includes(controller)) return { parent: ROOT, version: 2 };
  throw new Error(
    `there is no ${controller} controller below ${ROOT}: run on a machine with cgroups, as root.`,
  );
}
