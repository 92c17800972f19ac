// finding — one thing that a look over a cluster has found: what it is, where, and what to do about it.

/** Worst first. `stop`: not here. `first`: something is to be done before. `unseen`: it could not be looked at. */
export const grades = ['stop', 'first', 'unseen', 'know'] as const;
export type Grade = (typeof grades)[number];

export interface Finding {
  readonly grade: Grade;
  readonly what: string;
  readonly where: string;
  readonly advice: string;
}

/** Worst first, otherwise as they came. */
export function sorted(findings: readonly Finding[]): Finding[] {
  return grades.flatMap((grade) => findings.filter((finding) => finding.grade === grade));
}

/** Whether nothing stands in the way, as far as everything was seen. */
export function isClear(findings: readonly Finding[]): boolean {
  return findings.every(({ grade }) => grade === 'know');
}

/** `1 node`, `2 nodes`. */
export function countOf(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`;
}

/** `a, b, c and 4 more`. @param of names of things, any number of them */
export function someOf(of: readonly string[]): string {
  const shown = of.slice(0, MOST_NAMES).join(', ');
  return of.length > MOST_NAMES ? `${shown} and ${of.length - MOST_NAMES} more` : shown;
}

// ---------------------------------------------------------------------------------------------------------------------

const MOST_NAMES = 5;
