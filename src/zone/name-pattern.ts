// name-pattern — the five ways in which `rewrite` finds a name, and what it makes of one: on text, lower case, with the final dot.

import type { Regex } from './regex.ts';

export const patternKinds = ['exact', 'prefix', 'suffix', 'substring', 'regex'] as const;

export type NamePattern =
  | { readonly kind: Exclude<(typeof patternKinds)[number], 'regex'>; readonly text: string }
  | { readonly kind: 'regex'; readonly regex: Regex };

export function patternMatches(pattern: NamePattern, name: string): boolean {
  switch (pattern.kind) {
    case 'exact':
      return name === pattern.text;
    case 'prefix':
      return name.startsWith(pattern.text);
    case 'suffix':
      return name.endsWith(pattern.text);
    case 'substring':
      return name.includes(pattern.text);
    case 'regex':
      return pattern.regex.test(name);
  }
}

/** What the name becomes; undefined where the pattern does not match. @param to with `{1}` for the first group of an expression */
export function rewritten(pattern: NamePattern, name: string, to: string): string | undefined {
  if (pattern.kind === 'regex') {
    const groups = pattern.regex.match(name);
    return groups && to.replace(/\{(\d{1,3})\}/g, (whole, number: string) => groups[Number(number)] ?? whole);
  }
  if (!patternMatches(pattern, name)) return undefined;
  const { kind, text } = pattern;
  if (kind === 'exact') return to;
  if (kind === 'prefix') return to + name.slice(text.length);
  if (kind === 'suffix') return name.slice(0, name.length - text.length) + to;
  return name.replaceAll(text, () => to);
}

export function patternText(pattern: NamePattern): string {
  return pattern.kind === 'regex' ? pattern.regex.source : pattern.text;
}
