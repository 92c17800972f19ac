// copy — a copy of this package in a folder of its own, to build or break it there.

import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The addon under test. */
export const addon = process.env.NODE_REUSEPORT_ADDON ?? join(root, 'build/Release/node_reuseport.node');

/** Calls `use` with the path of a copy, without anything built, and removes it afterwards. */
export async function withCopy(use) {
  const folder = mkdtempSync(join(tmpdir(), 'node-reuseport-'));
  try {
    const copy = join(folder, 'node-reuseport');
    mkdirSync(copy);
    for (const name of ['package.json', 'index.js', 'build.mjs', 'prebuilt.mjs', 'binding.gyp', 'src']) {
      cpSync(join(root, name), join(copy, name), { recursive: true });
    }
    const packages = dirname(dirname(createRequire(import.meta.url).resolve('node-gyp/package.json')));
    symlinkSync(packages, join(folder, 'node_modules'));
    return await use(copy);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
