// rules-holder — an instance as far as nftables rules go, in a network namespace: a test tells it what to do.

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { WantedState } from '../../ha/node/wanted-state.ts';
import { end, type NetworkNamespace } from './network-namespace.ts';
import type { RulesHolderAnswer, RulesHolderCalls } from './rules-holder-process.ts';

export class RulesHolder {
  readonly #child: ChildProcess;
  readonly #over: Promise<never>;

  /** One with a socket of its own. @param under a command that runs it */
  static async make(
    namespace: NetworkNamespace,
    wantedState: WantedState,
    under: readonly string[] = [],
  ): Promise<RulesHolder> {
    const holder = new RulesHolder(namespace, under);
    await holder.tell('make', wantedState);
    return holder;
  }

  /** One that is passed the socket of another. */
  static async makeWith(
    first: RulesHolder,
    namespace: NetworkNamespace,
    wantedState: WantedState,
  ): Promise<RulesHolder> {
    const holder = new RulesHolder(namespace);
    const name = `twindns test ${namespace.name} ${++passed}`;
    await first.tell('offer', name);
    await holder.tell('want', name);
    await first.tell('give');
    await holder.tell('makeWithWanted', wantedState);
    return holder;
  }

  private constructor(namespace: NetworkNamespace, under: readonly string[] = []) {
    this.#child = namespace.fork('test/lab/rules-holder-process.js', under);
    this.#over = once(this.#child, 'exit').then(() => {
      throw new Error('the holder has ended');
    });
    this.#over.catch(() => {});
  }

  /** @throws what it threw, `kind` and `passing` with it */
  async tell<K extends keyof RulesHolderCalls>(
    call: K,
    ...args: Parameters<RulesHolderCalls[K]>
  ): Promise<Awaited<ReturnType<RulesHolderCalls[K]>>> {
    const heard = once(this.#child, 'message');
    this.#child.send([call, ...args]);
    const [{ value, refused }] = (await Promise.race([heard, this.#over])) as [RulesHolderAnswer];
    if (refused !== undefined) throw Object.assign(new Error(refused.message), refused);
    return value as Awaited<ReturnType<RulesHolderCalls[K]>>;
  }

  /** Applies the plan, and returns it. */
  async repair(): Promise<readonly string[]> {
    const observation = await this.tell('observe');
    await this.tell('apply', observation);
    return observation.plan;
  }

  async kill(): Promise<void> {
    await end(this.#child, 'SIGKILL');
  }
}

// ---------------------------------------------------------------------------------------------------------------------

let passed = 0;
