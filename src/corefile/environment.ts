// environment — puts environment variables in the places of `{$NAME}` and `{%NAME%}`.

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * One that is not set is empty, as in CoreDNS; there are no defaults, and what is put in is not looked at again. `{$}` names
 * nothing and is left as it is.
 *
 * @param unset is told of names that are not set
 */
export function replaceVariables(text: string, env: Environment, unset: (name: string) => void): string {
  let replaced = '';
  let at = 0;
  // Where no end follows there is none further on either: each is looked for once, so that the time grows with the text alone.
  const ends = { '{$': 0, '{%': 0 };
  for (;;) {
    const start = nextStart(text, at);
    if (start < 0) return replaced + text.slice(at);
    const opening = text[start + 1] === '$' ? '{$' : '{%';
    const closing = opening === '{$' ? '}' : '%}';
    const end = ends[opening] < 0 ? -1 : text.indexOf(closing, start + 2);
    ends[opening] = end;
    const isName = end > start + 2;
    if (!isName) {
      replaced += text.slice(at, start + 2);
      at = start + 2;
      continue;
    }
    const name = text.slice(start + 2, end);
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value === undefined) unset(name);
    replaced += text.slice(at, start) + (value ?? '');
    at = end + closing.length;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function nextStart(text: string, from: number): number {
  for (let at = text.indexOf('{', from); at >= 0; at = text.indexOf('{', at + 1))
    if (text[at + 1] === '$' || text[at + 1] === '%') return at;
  return -1;
}
