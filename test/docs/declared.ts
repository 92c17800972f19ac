// declared — what the code declares and a page repeats: times, and the words of a type. Pure functions, one sentence a problem.

type Times = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

/** Each time is on the page as `NAME 10`; one that differs by slot as `NAME primary 10, secondary 20`. */
export function timeProblems(text: string, times: Times): string[] {
  return Object.entries(times)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? value : bySlot(value)}`)
    .filter((shown) => !new RegExp(`\\b${shown}\\b`).test(text))
    .map((shown) => `the page does not say ${shown}`);
}

/** Constants that a page gives a number: `NAME 10`. */
export function numbersIn(text: string): (readonly [name: string, value: number])[] {
  return [...text.matchAll(/\b([A-Z][A-Z_]+) (\d+)\b/g)].map(([, name, value]) => [name!, Number(value)]);
}

/** The words of `type NAME = 'a' | 'b';`. @throws when there is no such type */
export function wordsOfType(code: string, name: string): string[] {
  const [, union] = new RegExp(`\\btype ${name} =([^;]+);`).exec(code) ?? [];
  if (union === undefined) throw new Error(`there is no type ${name}`);
  return [...union.matchAll(/'(\w+)'/g)].map(([, word]) => word!);
}

/** Words that a drawing leaves out. */
export function memberProblems(drawing: string, words: readonly string[]): string[] {
  return words
    .filter((word) => !new RegExp(`\\b${word}\\b`).test(drawing))
    .map((word) => `nothing is drawn of "${word}"`);
}

// ---------------------------------------------------------------------------------------------------------------------

function bySlot(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([slot, value]) => `${slot} ${value}`)
    .join(', ');
}
