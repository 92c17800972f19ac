// nearest — the known word that a misspelt one was meant to be.

/** Undefined when none is near: a letter wrong, missing, too many or two swapped, in five. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > LONGEST) return undefined;
  const folded = word.toLowerCase();
  let found: string | undefined;
  let least = 1 + Math.floor(word.length / 5);
  if (word.length <= 2) least = 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) > least) continue;
    const steps = distance(folded, candidate.toLowerCase());
    if (steps > least || (steps === least && found !== undefined) || steps >= candidate.length) continue;
    least = steps;
    found = candidate;
  }
  return found;
}

// ---------------------------------------------------------------------------------------------------------------------

/** No word of a Corefile has more. */
const LONGEST = 40;

/** Letters to add, drop, change, or swap with the next (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let steps = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        steps = Math.min(steps, before[j - 2]! + 1);
      next.push(steps);
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}
