// by-scenario — the outcomes of a run, those of one scenario together, in the order in which they were run.

import { type Outcome, subjects } from './outcome.ts';

export interface Scenario {
  /** To link to it. */
  readonly id: string;
  readonly name: string;
  readonly purpose: string;
  /** Ours first. */
  readonly outcomes: readonly Outcome[];
}

export function scenariosOf(outcomes: readonly Outcome[]): Scenario[] {
  const names = [...new Set(outcomes.map(({ scenario }) => scenario))];
  return names.map((name, i) => {
    const own = outcomes.filter(({ scenario }) => scenario === name);
    return {
      id: `scenario-${i + 1}`,
      name,
      purpose: own[0]!.purpose,
      outcomes: subjects.flatMap((subject) => own.filter((outcome) => outcome.subject === subject)),
    };
  });
}
