// editions — other builds of twindns to run beside ours: copies of the build output with a line of it changed.

import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { checkout } from './recipes.ts';

/** The same code under another version number. Returns its root. */
export function otherVersion(folder: string): string {
  return edition(folder, 'other-version', 'package.json', /"version": "[^"]*"/, '"version": "99.0.0"');
}

/**
 * A copy of the build below `folder`, in which `pattern` in `file` reads `replacement`; made once.
 * @throws Error when the file does not have it: the copy would be no other edition
 */
export function edition(
  folder: string,
  name: string,
  file: string,
  pattern: RegExp,
  replacement: string,
): string {
  const root = `${folder}/${name}/`;
  if (existsSync(root)) return root;
  for (const part of ['src', 'ha'])
    cpSync(`${checkout}dist/${part}`, `${root}dist/${part}`, { recursive: true });
  cpSync(`${checkout}package.json`, `${root}package.json`);
  symlinkSync(`${checkout}node_modules`, `${root}node_modules`);
  const text = readFileSync(`${root}${file}`, 'utf8');
  if (!pattern.test(text))
    throw new Error(`${file} has no ${pattern}: another edition of it cannot be made.`);
  writeFileSync(`${root}${file}`, text.replace(pattern, replacement));
  return root;
}
