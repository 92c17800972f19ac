// build — installs npm packages, builds C and TypeScript, and bundles them, each only when something it is made of is newer.

import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.mjs';
import { checkCompiler } from './machine.mjs';
import { step } from './process.mjs';

const stamp = 'node_modules/.twindns-stamp';

export async function installPackages() {
  const wanted = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  await step('installing npm packages', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  writeFileSync(stamp, wanted);
}

const root = 'node-reuseport';

export async function buildNative() {
  const nativeBuilt = `${root}/build/.built`; // make leaves a .node alone that would not change
  const code = files(`${root}/src`, /\.[ch]$/);
  const recipe = ['binding.gyp', 'build.mjs']
    .map((name) => join(root, name))
    .filter((path) => existsSync(path));
  const outputs = addons();
  const since = Math.max(oldest(outputs), existsSync(nativeBuilt) ? changed(nativeBuilt) : 0);
  if (outputs.length > 0 && newest([...recipe, ...code]) <= since) return;
  checkCompiler();
  const begun = new Date();
  await step('building node-reuseport', 'npm', ['run', '--silent', 'build', '--workspace', root]);
  markBuilt(nativeBuilt, begun);
}

const sourceRoots = ['src', 'ha', 'chaos', 'test'];
const built = 'dist/.built';

export async function buildTypeScript() {
  const sources = sourceRoots.flatMap((root) => [...files(root, /\.ts$/)]);
  // A folder changes when a file in it comes or goes.
  const folders = sources.map((path) => join(path, '..'));
  if (existsSync(built) && newest([...sources, ...folders, 'tsconfig.json']) <= changed(built)) return;
  if (!existsSync(built)) rmSync('dist/.tsbuildinfo', { force: true }); // it would call lost outputs up to date
  const begun = new Date();
  await step('building TypeScript', process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.']);
  removeOrphans(new Set(sources));
  makeCommand();
  markBuilt(built, begun);
}

const bundled = 'dist/.bundled';

export async function buildBundle() {
  const parts = [built, ...addons(), 'package.json', 'package-lock.json', 'src/set-up/bundle.mjs'];
  if (existsSync(bundled) && newest(parts) <= changed(bundled)) return;
  const begun = new Date();
  await bundle('dist/bundle');
  markBuilt(bundled, begun);
}

// ---------------------------------------------------------------------------------------------------------------------

function addons() {
  return [...files(`${root}/build/Release`, /\.node$/)];
}

/** What is left of sources that are gone must not be tested or run. */
function removeOrphans(sources) {
  for (const root of sourceRoots) {
    for (const output of files(join('dist', root), /\.js$/)) {
      if (!sources.has(output.slice('dist/'.length).replace(/\.js$/, '.ts'))) rmSync(output);
    }
  }
}

/** `npx twindns` in a checkout: npm links the commands of packages, not that of the checkout itself. */
function makeCommand() {
  if (!existsSync('dist/src/main.js')) return;
  chmodSync('dist/src/main.js', 0o755);
  rmSync('node_modules/.bin/twindns', { force: true });
  symlinkSync('../../dist/src/main.js', 'node_modules/.bin/twindns');
}

function* files(folder, pattern) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path, pattern);
    else if (pattern.test(entry.name)) yield path;
  }
}

function changed(path) {
  return statSync(path).mtimeMs;
}

function newest(paths) {
  return Math.max(0, ...[...new Set(paths)].map(changed));
}

function oldest(paths) {
  return paths.length === 0 ? 0 : Math.min(...paths.map(changed));
}

/** As old as the begin of the build: what changed meanwhile is built next time. */
function markBuilt(path, begun) {
  writeFileSync(path, '');
  utimesSync(path, begun, begun);
}
