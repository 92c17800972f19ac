// pod — one instance as a node's kubelet runs it: started, probed until it is ready and as long as it lives, ended in time.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { heapFlags } from '../../src/heap.ts';
import { Member } from '../stage/member.ts';
import { contained } from './container.ts';
import { called } from './hook.ts';
import type { HostFile, MountedMap, PodPlan } from './pods.ts';
import { probed } from './probe.ts';
import type { Probe } from './shapes.ts';

export interface PodPlace {
  readonly nodeIp: string;
  readonly folder: string;
  /** The path of the program: the entry point of the image. */
  readonly program: string;
}

export class Pod {
  readonly #plan: PodPlan;
  readonly #nodeIp: string;
  readonly #member: Member;
  readonly #failed: (sentence: string) => void;
  #ending = false;

  /**
   * @param hear is told each line it writes
   * @param failed is told why a kubelet would have restarted or killed it
   */
  constructor(
    plan: PodPlan,
    { nodeIp, folder, program }: PodPlace,
    hear: (line: string) => void,
    failed: (sentence: string) => void,
  ) {
    const command = [process.execPath, ...heapFlags, program, ...plan.args];
    this.#plan = plan;
    this.#nodeIp = nodeIp;
    this.#failed = failed;
    this.#member = new Member(
      plan.slot,
      {
        command: contained(command, plan.rights, { PATH: process.env.PATH ?? '', ...plan.environment }, [
          ...plan.files,
          ...plan.maps.map((map) => written(map, folder)),
        ]),
        folder,
        ready: /"msg":"listening"/,
      },
      hear,
    );
  }

  get alive(): boolean {
    return this.#member.alive;
  }

  get pid(): number {
    return this.#member.pid;
  }

  /** Resolves when it has started and is ready by its probes. @throws Error when it does not, or ends */
  async ready(): Promise<void> {
    const { startup, readiness, liveness } = this.#plan.probes;
    await this.#until(startup, startup.failureThreshold);
    void this.#watch(liveness);
    // A kubelet would wait for ever; a test must end.
    await this.#until(readiness, startup.failureThreshold);
  }

  /**
   * Before SIGTERM its preStop hook is called; SIGKILL follows when the time to end is over. Resolves to what ended it.
   */
  async end(signal: NodeJS.Signals): Promise<string> {
    this.#ending = true;
    const late = new AbortController();
    void pause(this.#plan.grace, undefined, { signal: late.signal }).then(
      () => {
        this.#failed(`The ${this.#plan.slot} did not end within its ${this.#plan.grace / 1000} s.`);
        this.#signal('SIGKILL');
      },
      () => {},
    );
    const { preStop } = this.#plan;
    if (signal === 'SIGTERM' && preStop !== undefined) {
      const { host = this.#nodeIp, port, path } = preStop;
      await Promise.race([called({ address: host, port }, path), this.#member.gone]);
    }
    this.#signal(signal);
    const how = await this.#member.gone;
    late.abort();
    return how;
  }

  // -------------------------------------------------------------------------------------------------------------------

  async #until(probe: Probe, attempts: number): Promise<void> {
    let problem: string | undefined;
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (attempt > 0) await Promise.race([pause(probe.periodSeconds * 1000), this.#member.gone]);
      if (!this.alive) throw new Error(`the ${this.#plan.slot} ended. Its last lines:\n${this.#lastLines()}`);
      problem = await probed(probe, this.#nodeIp);
      if (problem === undefined) return;
    }
    throw new Error(`the ${this.#plan.slot} is not well: ${problem}. Its last lines:\n${this.#lastLines()}`);
  }

  async #watch(liveness: Probe): Promise<void> {
    for (let failures = 0; failures < liveness.failureThreshold; ) {
      await Promise.race([
        pause(liveness.periodSeconds * 1000, undefined, { ref: false }),
        this.#member.gone,
      ]);
      const problem = this.#ending || !this.alive ? undefined : await probed(liveness, this.#nodeIp);
      if (this.#ending || !this.alive) return;
      failures = problem === undefined ? 0 : failures + 1;
    }
    this.#failed(`The ${this.#plan.slot} would have been restarted: its liveness probe failed.`);
  }

  #lastLines(): string {
    return this.#member.lines.slice(-8).join('\n');
  }

  /** To the first process of its PID namespace, which is a child of the process that we started. */
  #signal(signal: NodeJS.Signals): void {
    if (!this.alive) return;
    const { pid } = this.#member;
    const inside = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    if (inside === '')
      this.#member.signal('SIGKILL'); // it has not been made yet, or is gone
    else process.kill(Number(inside), signal);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** As a kubelet puts a ConfigMap on the node. */
function written({ name, at, data }: MountedMap, folder: string): HostFile {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  for (const [key, text] of Object.entries(data)) writeFileSync(join(path, key), text);
  return { path, at, kind: 'directory' };
}
