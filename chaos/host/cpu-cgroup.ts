// cpu-cgroup — processor time as a kubelet gives it to a container: a weight by what it requests, a quota by its limit.

import { Cgroup } from './cgroup.ts';

/** Milliseconds. A group that has used its quota of one waits for the next. */
const PERIOD = 100;
/** Shares of a whole processor in version 1; and what both versions take for the least and the most. */
const PROCESSOR = 1024;
const SHARES = [2, 262_144] as const;
const WEIGHTS = [1, 10_000] as const;

export interface ProcessorTime {
  /** Thousandths of a processor, as in `requests.cpu`: what is fought over is shared out by it. As others have it, unless given. */
  readonly request?: number;
  /** Likewise, as in `limits.cpu`; none unless given. */
  readonly limit?: number;
}

export class CpuCgroup {
  readonly #group: Cgroup;

  constructor(name: string, { request, limit }: ProcessorTime) {
    this.#group = new Cgroup('cpu', name);
    const isFirst = this.#group.version === 1;
    if (request !== undefined) {
      const shares = Math.max(SHARES[0], Math.round((request * PROCESSOR) / 1000));
      if (isFirst) this.#group.write('cpu.shares', shares);
      else this.#group.write('cpu.weight', weightOf(shares));
    }
    if (limit === undefined) return;
    const quota = limit * PERIOD; // thousandths of ms are µs
    if (isFirst) {
      this.#group.write('cpu.cfs_period_us', PERIOD * 1000);
      this.#group.write('cpu.cfs_quota_us', quota);
    } else this.#group.write('cpu.max', `${quota} ${PERIOD * 1000}`);
  }

  add(pid: number): void {
    this.#group.add(pid);
  }

  /** The process is held to nothing any longer. Harmless when it has ended. */
  release(pid: number): void {
    this.#group.release(pid);
  }

  /** Periods in which it was kept from running because its quota was used. */
  get throttled(): number {
    return Number(/^nr_throttled (\d+)/m.exec(this.#group.read('cpu.stat'))?.[1] ?? 0);
  }

  /** Only when no process is in it any more. */
  remove(): void {
    this.#group.remove();
  }
}

/** What version 2 calls so many shares, as runtimes of containers reckon. */
function weightOf(shares: number): number {
  const [least, most] = SHARES;
  const [lightest, heaviest] = WEIGHTS;
  return lightest + Math.floor(((shares - least) * (heaviest - lightest)) / (most - least));
}
