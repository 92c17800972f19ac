// imports — which files of the repository a file opens, and the circles these arrows form.

import { dirname, join } from 'node:path/posix';

/** Paths from the root that a source imports, as types too and while it runs; for C what it includes. */
export function importsOf(path: string, text: string): readonly string[] {
  const pattern = /\.[ch]$/.test(path)
    ? /^#include "([^"]+)"/gm
    : /(?:\bfrom|\bimport\(?)\s*'(\.{1,2}\/[^']+)'/g;
  return [...text.matchAll(pattern)].map(([, to]) => join(dirname(path), to!));
}

/** Files that lead back to themselves, a group for each circle. A header and its C source count as one file. */
export function circlesOf(files: ReadonlyMap<string, string>): readonly (readonly string[])[] {
  const arrows = new Map<string, Set<string>>();
  for (const [path, text] of files) {
    const from = unitOf(path);
    const to = importsOf(path, text).map(unitOf);
    const known = arrows.get(from) ?? new Set();
    for (const unit of to) if (unit !== from) known.add(unit);
    arrows.set(from, known);
  }
  const reach = new Map([...arrows.keys()].map((unit) => [unit, reachableFrom(unit, arrows)]));
  const circles = new Map<string, readonly string[]>();
  for (const [unit, reached] of reach) {
    if (!reached.has(unit)) continue;
    const circle = [...reached].filter((other) => reach.get(other)?.has(unit)).sort();
    circles.set(circle.join(' '), circle);
  }
  return [...circles.values()];
}

// ---------------------------------------------------------------------------------------------------------------------

function unitOf(path: string): string {
  return path.replace(/\.[ch]$/, '');
}

/** `start` is among them only if it is in a circle. */
function reachableFrom(start: string, arrows: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const reached = new Set<string>();
  const left = [start];
  for (let unit = left.pop(); unit !== undefined; unit = left.pop()) {
    for (const next of arrows.get(unit) ?? []) {
      if (reached.has(next)) continue;
      reached.add(next);
      left.push(next);
    }
  }
  return reached;
}
