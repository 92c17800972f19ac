// scenario — the shape of a disaster: what is done to a pair, how often, and what the pair has to show.

import type { Chance } from './load/chance.ts';
import type { Account } from './load/ledger.ts';
import type { TrafficPlan } from './load/traffic.ts';
import type { Outcome, Subject } from './report/outcome.ts';
import type { Changes } from './stage/recipes.ts';
import type { Stage } from './stage/stage.ts';

export interface Scenario {
  /** As on the command line. */
  readonly name: string;
  /** One sentence. */
  readonly purpose: string;
  /** The subjects that are put through it, and what each has to show. */
  readonly expects: Readonly<Partial<Record<Subject, Outcome['expects']>>>;
  /** How often it strikes. */
  readonly times: { readonly quick: number; readonly thorough: number };
  /**
   * How long an answer may be held up beyond its upstream's own time, in milliseconds, and the share of all queries that
   * may exceed it. Nothing is claimed of delays where there is none.
   */
  readonly delay?: { readonly ms: number; readonly share: number };
  /** Queries a second, where the scenario cannot bear the usual rate. */
  readonly rate?: number;
  /** Connections of the load over TCP, likewise. */
  readonly connections?: number;
  /** The questions of the load; the catalogue's unless given. */
  readonly questions?: TrafficPlan['next'];
  /** Attackers have sockets in the suite's namespace, so that the kernel's counters of it are not about the pair alone. */
  readonly attack?: true;
  /** What is different about the instances of our pair; other subjects are as they are. */
  readonly changes?: Changes;
  /** It looks into processes, so it needs a pair of our own, not a pair that runs elsewhere. */
  readonly intrudes?: true;
  /** Another program that asks and counts beside the load, in the same disasters; over UDP its account replaces the load's. */
  witness?(stage: Stage, thorough: boolean, chance: Chance): Promise<Witness>;
  /** Strikes once, and resolves when the pair is whole again. Throws where the disaster could not be brought about. */
  strike(stage: Stage, chance: Chance, turn: Turn): Promise<void>;
  /** Looks at the end whether the rest holds, and tells the stage. */
  check?(stage: Stage): Promise<void>;
}

export interface Turn {
  /** 0 for the first disaster. */
  readonly index: number;
  readonly thorough: boolean;
  /** Milliseconds a siege may last. */
  readonly atMost: number;
}

export interface Witness {
  /** Resolves to its count, when it has asked its last question. */
  finish(): Promise<Account>;
  /** Ends the program at once. Harmless when it has ended. */
  abandon(): void;
}
