// words — the glossary on a page: one word a thing, what it means, and what the thing is not to be called.

import { type Page, proseOf } from './pages.ts';

export interface Word {
  readonly word: string;
  readonly meaning: string;
  /** Words that mean the same and are not used, without their endings. */
  readonly not: readonly string[];
}

/** Rows of the table of a section. */
export function glossaryOf(section: string): Word[] {
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(1).map((row) => {
    const [word = '', meaning = '', not = ''] = row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
    return { word, meaning, not: not === '' ? [] : not.split(', ') };
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
