// map — the map of the sources on a page: a folder or file a line, and what it is about.

import { dirname } from 'node:path/posix';
import type { Block } from './blocks.ts';

export function isMap({ language, text }: Block): boolean {
  return language === 'text' && text.startsWith('src/');
}

/** Paths of a map, from the root. */
export function pathsOf({ text }: Pick<Block, 'text'>): string[] {
  return text.split('\n').map((line) => line.split(/\s+/)[0]!);
}

const source = /\.(ts|mjs|js|c|h|yaml)$|\/Dockerfile$/;

/** Folders with sources in them that have no line, nor mirror one that has: tests lie where what they test does. */
export function unmapped(files: readonly string[], paths: readonly string[]): string[] {
  const folders = new Set(files.filter((path) => source.test(path) && path.includes('/')).map(dirname));
  const mapped = (folder: string) => paths.includes(folder);
  const isMirror = (folder: string) => {
    const mirrored = ['', 'src/'].map((place) => place + folder.slice('test/'.length));
    return folder.startsWith('test/') && [...folders].some((one) => mirrored.some((of) => within(one, of)));
  };
  return [...folders].filter((folder) => !mapped(folder) && !isMirror(folder)).sort();
}

// ---------------------------------------------------------------------------------------------------------------------

function within(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
