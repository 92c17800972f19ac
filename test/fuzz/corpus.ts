// corpus — the inputs kept for a target, a line each: those that show something no shorter one shows, and those that were once
// answered wrongly, which have a mark in front and stay.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../repository/files.ts';

export interface Kept {
  readonly bytes: Buffer;
  /** It was answered wrongly once. */
  readonly found: boolean;
}

const mark = '! ';

export function corpusFile(target: string): string {
  return join(root, `test/fuzz/corpus/${target}.txt`);
}

export function readCorpus(file: string): Kept[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'latin1')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({
      bytes: Buffer.from(line.replace(mark, ''), 'base64'),
      found: line.startsWith(mark),
    }));
}

/** The shortest first. */
export function writeCorpus(file: string, inputs: readonly Kept[]): void {
  const lines = inputs.map(({ bytes, found }) => `${found ? mark : ''}${bytes.toString('base64')}`);
  const sorted = [...new Set(lines)].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  writeFileSync(file, sorted.map((line) => `${line}\n`).join(''));
}
