// editions — the program that is struck: as it is shipped, in one file, or another edition of it with one line changed.

import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { checkout } from './checkout.ts';

export interface Edition {
  /** In file names. */
  readonly name: string;
  /** It matches once in the program as it is written, but for names that the bundle changes; the other edition has `replacement` there. */
  readonly pattern: RegExp;
  readonly replacement: string;
}

/** The same code under another version number. */
export const otherVersion: Edition = {
  name: 'other-version',
  pattern: /\bversion = "\d[^"]*"/,
  replacement: 'version = "99.0.0"',
};

/**
 * The path of the program; another edition is made below `folder` when it is first asked for.
 * @throws Error when the program lacks what the edition would change: the copy would be no other edition
 */
export function programOf(edition: Edition | undefined, folder: string): string {
  if (edition === undefined) return `${shipped}/twindns.mjs`;
  const { name, pattern, replacement } = edition;
  const copy = `${folder}/${name}`;
  const program = `${copy}/twindns.mjs`;
  if (existsSync(copy)) return program;
  const text = readFileSync(`${shipped}/twindns.mjs`, 'utf8');
  const shippedPattern = withoutWhiteSpace(pattern);
  const found = text.match(new RegExp(shippedPattern, 'g'))?.length ?? 0;
  if (found !== 1)
    throw new Error(
      `the program has ${pattern} ${found} times, not once: another edition of it cannot be made.`,
    );
  cpSync(shipped, copy, { recursive: true });
  writeFileSync(program, text.replace(shippedPattern, replacement));
  return program;
}

// ---------------------------------------------------------------------------------------------------------------------

const shipped = `${checkout}dist/bundle`;

/** What is shipped has white space only where the language needs it. */
function withoutWhiteSpace({ source }: RegExp): RegExp {
  return new RegExp(source.replaceAll(' ', String.raw`\s*`));
}
