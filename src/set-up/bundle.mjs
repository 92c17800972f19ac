// bundle — the program in one file, with the addon and the engine of regular expressions beside it, as the image ships it: nothing
// of node_modules is needed to run it, and it starts in half the time that its files take.

import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stopUnless } from './process.mjs';

/** Of what is built in dist, so that what is shipped is what was tested. */
export async function bundle(folder) {
  const { build } = await import('esbuild'); // not before it is installed
  rmSync(folder, { recursive: true, force: true });
  const program = join(folder, 'twindns.mjs');
  const { metafile, warnings } = await build({
    ...settings,
    entryPoints: ['dist/src/main.js'],
    outfile: program,
    // Packages in the older format ask for Node's own modules by `require`, which a module does not have.
    banner: {
      js: "import { createRequire as requireFor } from 'node:module';\nconst require = requireFor(import.meta.url);",
    },
    plugins: [replaced, apart],
  });
  // A megabyte of memory, for all that have no regular expression.
  const engine = await build({ ...settings, entryPoints: ['re2js'], outfile: join(folder, ENGINE) });
  for (const file of [program, join(folder, ENGINE)]) keepAscii(file);
  const isClean = warnings.length + engine.warnings.length === 0;
  stopUnless(isClean, 'the bundle has warnings: the lines above say where.');
  chmodSync(program, 0o755);
  // Where node-reuseport/index.js looks first, seen from the file it is now part of.
  const place = join(folder, 'prebuilds', `${process.platform}-${process.arch}`);
  mkdirSync(place, { recursive: true });
  cpSync('node-reuseport/build/Release/node_reuseport.node', join(place, 'node_reuseport.node'));
  writeFileSync(
    join(folder, 'LICENSES'),
    licences([...Object.keys(metafile.inputs), ...Object.keys(engine.metafile.inputs)]),
  );
  return 0;
}

// ---------------------------------------------------------------------------------------------------------------------

const settings = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  metafile: true,
  logLevel: 'warning',
  // A third of the text less to read and to keep; what is left can be read all the same, and names are what they were.
  minifyWhitespace: true,
  lineLimit: 160,
};

/** One other character, and V8 keeps the whole text with two bytes a character: of a megabyte, one more. */
function keepAscii(file) {
  const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/[^\0-\x7f]/g, escaped));
}

/** What matches regular expressions lies beside the program, and is loaded when one is there. */
const ENGINE = 'regex-engine.mjs';

const apart = {
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: /^re2js$/ }, () => ({ path: `./${ENGINE}`, external: true }));
  },
};

/** What is found by its place in the checkout, which a bundle has left. */
const substitutes = {
  'dist/src/version.js': () => `export const version = ${JSON.stringify(packageFile('.').version)};`,
  // It starts files of its own as processes, and other programs; a node is no place for either.
  'dist/chaos/command.js': () => `
    import { TwindnsError } from '../src/errors.js';
    export async function chaos() {
      throw new TwindnsError('FAILED', 'the chaos suite is not in this bundle. Run it from a checkout: npm run chaos');
    }`,
};

const replaced = {
  name: 'replaced',
  setup({ onLoad }) {
    const filter = /\/dist\/(src\/version|chaos\/command)\.js$/;
    onLoad({ filter }, ({ path }) => ({ contents: substitutes[relative('.', path)](), loader: 'js' }));
  },
};

/** The text of each licence of foreign code that is in the bundle, which they all ask for. */
function licences(inputs) {
  const folders = inputs.flatMap((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  return [...new Set(folders)]
    .sort()
    .map(licenceOf)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

function licenceOf(folder) {
  const { name, version, license } = packageFile(folder);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8')}`;
  return `${name} ${version}, ${license}\n${text}`;
}

function packageFile(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
