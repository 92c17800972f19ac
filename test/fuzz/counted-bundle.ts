// counted-bundle — one module of a target list and all it imports of ours, with a counter in each branch of what is fuzzed.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { root } from '../repository/files.ts';
import { countedCode, countersName } from './counted-code.ts';

export interface CountedBundle {
  /** To be imported, once `globalThis.branchCounters` is there. */
  readonly url: string;
  readonly counters: number;
  readonly literals: readonly (number | string)[];
  remove(): void;
}

/** Built files that count; the targets themselves do not. */
const counts = /^dist\/(src|ha|test\/fuzz\/sample-target)/;

/** @param entry a built file, from the root */
export async function countedBundle(entry: string): Promise<CountedBundle> {
  const folders = join(root, 'dist/fuzz');
  mkdirSync(folders, { recursive: true });
  const folder = mkdtempSync(`${folders}/`);
  const outfile = join(folder, 'targets.mjs');
  const literals = new Set<number | string>();
  let counters = 0;
  const counting: Plugin = {
    name: 'counting',
    setup({ onLoad }) {
      onLoad({ filter: /\.js$/ }, ({ path }) => {
        const code = readFileSync(path, 'utf8');
        if (!counts.test(relative(root, path))) return { contents: code };
        const counted = countedCode(code, counters);
        counters = counted.next;
        for (const literal of counted.literals) literals.add(literal);
        return { contents: counted.text };
      });
    },
  };
  await build({
    entryPoints: [join(root, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
    banner: { js: `const ${countersName} = globalThis.branchCounters;` },
    plugins: [counting],
  });
  return {
    url: pathToFileURL(outfile).href,
    counters,
    literals: [...literals],
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
