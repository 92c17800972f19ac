// test-files — which files `npm test` runs: all built tests and those of node-reuseport; benchmarks are run by themselves.

import { existsSync, readdirSync } from 'node:fs';

/** @param filters parts of paths; a file is taken if one of them is in its path, or if there are none */
export function testFiles(filters) {
  const wanted = filters.map((filter) => filter.replace(/\.ts$/, '.js'));
  return [...list('dist/test', /\.test\.js$/), ...list('node-reuseport/test', /\.test\.mjs$/)]
    .filter((path) => !path.startsWith('dist/test/bench/'))
    .filter((path) => wanted.length === 0 || wanted.some((filter) => path.includes(filter)))
    .sort()
    .reverse(); // those of node-reuseport and of the system take longest: none of them is to be the last one running
}

// ---------------------------------------------------------------------------------------------------------------------

function list(folder, pattern) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => pattern.test(name))
    .map((name) => `${folder}/${name}`);
}
