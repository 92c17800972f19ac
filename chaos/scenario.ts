// scenario — the shape of a disaster: what is done to a pair, how often, and what the pair has to show.

import type { Question } from './catalogue.ts';
import type { Chance } from './chance.ts';
import type { Outcome, Subject } from './outcome.ts';
import type { Changes } from './recipes.ts';
import type { Stage } from './stage.ts';

export interface Scenario {
  /** As on the command line, and its file's. */
  readonly name: string;
  /** One sentence. */
  readonly purpose: string;
  /** Who is put through it, and what each has to show. */
  readonly expects: Readonly<Partial<Record<Subject, Outcome['expects']>>>;
  /** How often it strikes. */
  readonly times: { readonly quick: number; readonly thorough: number };
  /**
   * How long an answer may be held up beyond its upstream's own time, in milliseconds, and the share of all queries that
   * may exceed it. Nothing is claimed of delays where there is none.
   */
  readonly delay?: { readonly ms: number; readonly share: number };
  /** Queries a second, where it cannot bear the usual. */
  readonly rate?: number;
  /** What is different about the instances of our pair; other subjects are as they are. */
  readonly changes?: Changes;
  /** It needs processes of our own, which it can look into, not a pair of somebody else. */
  readonly intrudes?: true;
  /** Questions a failure of the server is a right answer to, with the reason. */
  readonly mayFail?: (question: Question) => boolean;
  /** Strikes once, and resolves when the pair is whole again. Throws where the disaster could not be brought about. */
  strike(stage: Stage, chance: Chance, thorough: boolean): Promise<void>;
  /** What else has to hold at the end; sentences about what does not. */
  check?(stage: Stage): Promise<readonly string[]>;
}
