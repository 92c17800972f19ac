// cross-build — the addon for arm64, from the sources of this checkout and by its own build, with another compiler.

import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../repository/files.ts';
import { run } from './run.ts';

const triple = 'aarch64-linux-gnu';

/** The parts of the package that its build is made of. */
const parts = ['package.json', 'index.js', 'index.d.ts', 'arena.d.ts', 'build.mjs', 'binding.gyp', 'src'];

/**
 * @param folder is made anew  @param pause turns for which a fence waits between looking and calling, for a test
 * @returns the path of the addon
 */
export async function crossBuild(folder: string, pause = 0): Promise<string> {
  rmSync(folder, { recursive: true, force: true });
  const copy = join(folder, 'node-reuseport');
  mkdirSync(copy, { recursive: true });
  for (const part of parts) cpSync(join(root, 'node-reuseport', part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const env = {
    CC: `${triple}-gcc`,
    CXX: `${triple}-g++`,
    LINK: `${triple}-g++`,
    AR: `${triple}-ar`,
  };
  const defines = pause > 0 ? ['--', `-Dfence_pause=${pause}`] : [];
  await run(process.execPath, ['build.mjs', '--arch=arm64', ...defines], { cwd: copy, env });
  return join(copy, 'build/Release/node_reuseport.node');
}
