// regex — regular expressions of RE2's syntax, as Corefiles have them: matched in time that grows with the text alone.
//
// The engine is a quarter of a megabyte of code, and nine of memory once it works: it is loaded when the first expression of a
// plan asks for it, before the directives are read.

/** An expression of a Corefile, unanchored. */
export interface Regex {
  readonly source: string;
  /** States of its program: what it takes of memory, and of time for a character. */
  readonly size: number;
  /** Without the whole. */
  readonly groups: number;
  /** Numbers of groups by their names. */
  readonly names: ReadonlyMap<string, number>;
  test(text: string): boolean;
  /** Of the first match: the whole, then each group, '' for those without a part in it. Undefined: it does not match. */
  match(text: string): readonly string[] | undefined;
}

/** Has to be done before `compileRegex`. */
export async function loadRegexEngine(): Promise<void> {
  engine ??= (await import('re2js')).RE2JS;
}

/** An expression, or a sentence that says what is wrong with it. */
export function compileRegex(pattern: string): Regex | string {
  if (engine === undefined) throw new Error('the engine of regular expressions is not loaded');
  if (pattern.length > LONGEST) return `it has ${pattern.length} characters, and ${LONGEST} may be`;
  try {
    const compiled = engine.compile(pattern);
    const size = compiled.programSize();
    return size > LARGEST
      ? `it has ${size} states, and ${LARGEST} may be: repeat less`
      : regexOf(compiled, pattern, size);
  } catch (error) {
    return (error as Error).message.replace(/^error parsing regexp: /, '');
  }
}

// ---------------------------------------------------------------------------------------------------------------------

type Engine = typeof import('re2js')['RE2JS'];
type Compiled = ReturnType<Engine['compile']>;

let engine: Engine | undefined;

/** Characters, as in CoreDNS. */
const LONGEST = 10_000;
/** Each may have to be looked at for each character of a name: a tenth of a second at the very worst. */
const LARGEST = 20_000;

function regexOf(compiled: Compiled, source: string, size: number): Regex {
  const groups = compiled.groupCount();
  return {
    source,
    size,
    groups,
    names: new Map(Object.entries(compiled.namedGroups())),
    test: (text) => compiled.matcher(text).find(),
    match(text) {
      const matcher = compiled.matcher(text);
      if (!matcher.find()) return undefined;
      return Array.from({ length: groups + 1 }, (_, i) => matcher.group(i) ?? '');
    },
  };
}
