// block-parts — what the directives of a server block come to, put together a directive at a time.

import { isAbsolute, join } from 'node:path';
import type { CachePlan } from '../plan/cache-plan.ts';
import type { ForwardPlan } from '../plan/forward-plan.ts';
import type { LogPlan, QueryLogPlan } from '../plan/log-plan.ts';
import type { AdminPlan, Plan } from '../plan/plan.ts';
import type { AnswerOrder } from '../zone/answer-order.ts';
import type { Guard } from '../zone/guard.ts';
import type { FlagChange } from '../zone/header.ts';
import type { Step } from '../zone/step.ts';
import type { View } from '../zone/view.ts';
import type { Faults } from './directive.ts';
import type { Surroundings } from './surroundings.ts';

/** What a directive is read with. */
export interface BlockContext {
  readonly faults: Faults;
  readonly surroundings: Surroundings;
  /** Suffixes of the block, in the order of its header. */
  readonly zones: readonly string[];
  /** A path as `root` and CoreDNS have it: relative ones begin at `root`, where it is said. */
  path(text: string): string;
}

/** What directives set, each its own; undefined where none has. */
interface Settings {
  readonly root: string | undefined;
  /** Where it is served; undefined: where blocks without `bind` are. */
  readonly bind: readonly string[] | undefined;
  readonly cache: CachePlan | undefined;
  readonly forwards: readonly ForwardPlan[] | undefined;
  readonly queryLogs: readonly QueryLogPlan[] | undefined;
  readonly errors: LogPlan['errors'];
  readonly view: View | undefined;
  readonly order: AnswerOrder | undefined;
  readonly flags: FlagChange | undefined;
  readonly udpSize: number | undefined;
  readonly nsid: string | undefined;
  readonly reload: Plan['reload'];
  readonly detectsLoops: boolean | undefined;
  /** Whether the interface and the rules stay; undefined: `nodecache` is not said. */
  readonly keepsInterface: boolean | undefined;
}

export class BlockParts implements BlockContext {
  readonly faults: Faults;
  readonly surroundings: Surroundings;
  readonly zones: readonly string[];
  /** In the order of the table of directives. */
  readonly guards: Guard[] = [];
  readonly steps: Step[] = [];
  readonly admin: AdminPlan[] = [];
  #settings: Partial<Settings> = {};

  constructor(faults: Faults, surroundings: Surroundings, zones: readonly string[]) {
    this.faults = faults;
    this.surroundings = surroundings;
    this.zones = zones;
  }

  get settings(): Partial<Settings> {
    return this.#settings;
  }

  path(text: string): string {
    const { root = '' } = this.#settings;
    return isAbsolute(text) || root === '' ? text : join(root, text);
  }

  set(settings: Partial<Settings>): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  /** It comes behind those that are there; none where it is refused. */
  guard(guard: Guard | undefined): void {
    if (guard !== undefined) this.guards.push(guard);
  }

  step(step: Step | undefined): void {
    if (step !== undefined) this.steps.push(step);
  }

  serves(page: AdminPlan | undefined): void {
    if (page !== undefined) this.admin.push(page);
  }
}
