// image — the bundle that simulated processes run: the built code of the product as it is, but for what is outside of the simulation.
//
//     node-reuseport, node:*, timers, promises     given by the process, see process/surroundings
//     stores into memory that others read          told of before each, so that a process may end between two of them
//     async functions                              written as generators, since promises of the language cannot be held back
//     the admin port, the log's file, rehearsals   replaced: what they do concerns no twin

import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Script } from 'node:vm';
import { type AnyNode, parse } from 'acorn';
import { build, type Plugin } from 'esbuild';
import { root } from '../repository/files.ts';
import { givenNames } from './process/surroundings.ts';

/** A change of the product that the simulation must find. */
export interface Patch {
  /** A built file, from dist. */
  readonly file: string;
  /** Is there once. */
  readonly before: string;
  readonly after: string;
}

/** Begins an instance: takes what `givenNames` says. */
export type Image = (...given: unknown[]) => void;

/** @throws when a patch does not fit the code, or the code cannot be bundled */
export async function makeImage(patches: readonly Patch[] = []): Promise<Image> {
  const applied = new Set<Patch>();
  const { outputFiles } = await build({
    entryPoints: [join(root, 'dist/test/simulation/program.js')],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'node',
    target: 'node20',
    supported: { 'async-await': false, 'async-generator': false, 'for-await': false },
    logLevel: 'error',
    plugins: [given, changed(patches, applied)],
  });
  const missed = patches.filter((patch) => !applied.has(patch));
  if (missed.length > 0)
    throw new Error(
      `not in the bundle: ${missed.map(({ file }) => file).join(', ')}. Does the file still exist?`,
    );
  const code = `(function (${givenNames.join(', ')}) {${outputFiles[0]!.text}\n})`;
  return new Script(code, { filename: 'instance.js' }).runInThisContext() as Image;
}

// ---------------------------------------------------------------------------------------------------------------------

const given: Plugin = {
  name: 'given',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:|node-reuseport$|re2js$)/ }, ({ path }) => ({ path, namespace: 'given' }));
    onLoad({ filter: /.*/, namespace: 'given' }, async ({ path }) => ({ contents: await exportsOf(path) }));
  },
};

/** A module that exports what the process gives under the names that the real one has. */
async function exportsOf(path: string): Promise<string> {
  if (path === 're2js') return 'export const RE2JS = undefined;';
  const names = Object.keys(await import(path)).filter((name) => /^\w+$/.test(name) && name !== 'default');
  const lines = names.map((name) => `export const ${name} = given.${name};`);
  return [`const given = modules[${JSON.stringify(path)}] ?? {};`, 'export default given;', ...lines].join(
    '\n',
  );
}

/** In place of files of dist. */
const substitutes: Readonly<Record<string, string>> = {
  'src/version.js': "export const version = '0.0.0';",
  'src/admin/admin.js': `
    export function startAdmin(config, source) {
      surroundings.serves(source);
      return { endpoint: config.admin, setPlanned() {}, announceStop() {}, stop() {} };
    }`,
  'src/log/log-sink.js': 'export function createLogSink() { return (line) => surroundings.write(line); }',
  'src/rehearsal/rehearsal.js': 'export async function rehearse() { return 0; }',
  'src/corefile/read-corefile.js': 'export {};',
  'src/corefile/surroundings.js': 'export {};',
  'src/corefile/node-cache.js': 'export {};',
};

/** Files that store into memory others read. */
const storing =
  /^src\/(handover\/(journal|parked-cells|connection-records|ownership)|listen\/(udp-listener|held-replies))\.js$/;

function changed(patches: readonly Patch[], applied: Set<Patch>): Plugin {
  return {
    name: 'changed',
    setup({ onLoad }) {
      onLoad({ filter: /\/dist\/.*\.js$/ }, async ({ path }) => {
        const file = relative(join(root, 'dist'), path);
        const substitute = substitutes[file];
        if (substitute !== undefined) return { contents: substitute };
        let contents = await readFile(path, 'utf8');
        for (const patch of patches) {
          if (patch.file !== file) continue;
          const parts = contents.split(patch.before);
          if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${patch.before}`);
          contents = parts.join(patch.after);
          applied.add(patch);
        }
        return { contents: storing.test(file) ? tellingOfStores(contents, file) : contents };
      });
    },
  };
}

/** Calls `stored` before each statement that stores into an array by an index, or by Atomics. */
function tellingOfStores(code: string, file: string): string {
  const edits: { readonly at: number; readonly text: string }[] = [];
  visit(parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true }), (node) => {
    if (node.type !== 'ExpressionStatement' || !stores(node.expression)) return;
    edits.push({ at: node.start, text: `{stored(${JSON.stringify(`${file}:${node.loc!.start.line}`)});` });
    edits.push({ at: node.end, text: '}' });
  });
  edits.sort((one, other) => other.at - one.at);
  return edits.reduce((text, { at, text: more }) => text.slice(0, at) + more + text.slice(at), code);
}

function stores(node: AnyNode): boolean {
  if (node.type === 'AssignmentExpression')
    return node.left.type === 'MemberExpression' && node.left.computed;
  if (node.type === 'UpdateExpression')
    return node.argument.type === 'MemberExpression' && node.argument.computed;
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return false;
  const { object, property } = node.callee;
  if (property.type !== 'Identifier') return false;
  const isAtomic = object.type === 'Identifier' && object.name === 'Atomics' && property.name === 'store';
  return isAtomic || ['copyWithin', 'fill'].includes(property.name);
}

function visit(node: AnyNode, see: (node: AnyNode) => void): void {
  see(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value])
      if (typeof child === 'object' && child !== null && typeof child.type === 'string') visit(child, see);
  }
}
