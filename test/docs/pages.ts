// pages — every page of the repository: found, not listed, so that a new one cannot escape the tests.

import { dirname } from 'node:path/posix';
import { readText, repositoryFiles } from '../repository/files.ts';
import { type Block, fencedBlocks } from './blocks.ts';

export interface Page {
  /** From the root. */
  readonly path: string;
  /** `.` for a page at the root. */
  readonly folder: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

export function pageOf(path: string, text: string): Page {
  return { path, folder: dirname(path), text, blocks: fencedBlocks(text) };
}

export const pages: readonly Page[] = repositoryFiles()
  .filter((path) => path.endsWith('.md'))
  .map((path) => pageOf(path, readText(path)));

/** @throws when there is no such page */
export function pageAt(path: string): Page {
  const found = pages.find((page) => page.path === path);
  if (found === undefined) throw new Error(`there is no page ${path}`);
  return found;
}

/** What stands between a heading and the next of its rank or a higher one, the heading's line included. */
export function sectionOf({ path, text }: Page, title: string): string {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === title);
  if (from < 0) throw new Error(`${path} has no section "${title}"`);
  const rank = /^#+/.exec(lines[from]!)![0].length;
  const length = lines.slice(from + 1).findIndex((line) => (/^(#+) /.exec(line)?.[1]?.length ?? 9) <= rank);
  return lines.slice(from, length < 0 ? undefined : from + 1 + length).join('\n');
}

/** The page without its fenced blocks. */
export function proseOf({ text }: Pick<Page, 'text'>): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '');
}

/** What stands between backticks in the prose. */
export function spansOf(page: Pick<Page, 'text'>): string[] {
  return [...proseOf(page).matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);
}
