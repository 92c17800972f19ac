// words — the glossary on a page: one word a thing, what it means, and what the thing is not to be called.

import { codeOf, stringsOf } from '../repository/code-of.ts';
import { type Page, proseOf } from './pages.ts';

export interface Word {
  readonly word: string;
  readonly meaning: string;
  /** What programs read instead: fields of /status and of log lines, metrics, columns. */
  readonly publicNames: readonly string[];
  /** Words that mean the same and are not used, without their endings. */
  readonly not: readonly string[];
}

/** Rows of the table of a section. */
export function glossaryOf(section: string): Word[] {
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(1).map((row) => {
    const [word = '', meaning = '', names = '', not = ''] = row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
    const publicNames = [...names.matchAll(/`([^`]+)`|\b([A-Z]{3,})\b/g)].map(([, a, b]) => a ?? b!);
    return { word, meaning, publicNames, not: not === '' ? [] : not.split(', ') };
  });
}

/** Other words for things that have one. Code may say what it says. */
export function wordProblems(page: Pick<Page, 'path' | 'text'>, glossary: readonly Word[]): string[] {
  const prose = proseOf(page).replace(/`[^`\n]*`/g, '');
  return glossary.flatMap(({ word, not }) =>
    not
      .filter((other) => new RegExp(`\\b${other}s?\\b`, 'i').test(prose))
      .map((other) => `${page.path} says "${other}" where the word is "${word}"`),
  );
}

/** Public names that occur in none of the sources; comments do not count. @param metrics names of all metrics */
export function publicNameProblems(
  glossary: readonly Word[],
  sources: readonly string[],
  metrics: readonly string[],
): string[] {
  const code = sources.flatMap((source) => [codeOf(source), ...stringsOf(source)]).join('\n');
  return glossary.flatMap(({ word, publicNames }) =>
    publicNames
      .filter((name) => !metrics.includes(name) && !new RegExp(`\\b${name}\\b`).test(code))
      .map((name) => `${name}, a public name of "${word}", is in no source`),
  );
}
