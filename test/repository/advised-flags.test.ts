// advised-flags.test — no sentence of a program names a flag that its help hides.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stringsOf } from './code-of.ts';
import { readText, repositoryFiles } from './files.ts';

/** Of iptables, mount, ss, Node.js and dnsmasq, which sentences and command lines of ours have, too. */
const foreign = [
  '--to-destination',
  '--or-mark',
  '--mark',
  '--bind',
  '--comment',
  '--dport',
  '--family',
  '--processes',
  '--import',
  '--cache-size',
];

const built = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

function helpOf(file: string, ...args: string[]): string {
  return execFileSync(process.execPath, [built(file), ...args, '--help'], { encoding: 'utf8' });
}

/** Flags at the begin of a line of help; `--[no-]leader` is two. */
function shownIn(help: string): string[] {
  const terms = help.split('\n').flatMap((line) => /^ +(?:-\w, )?(--\S+)/.exec(line)?.[1] ?? []);
  return terms.flatMap((term) =>
    term.startsWith('--[no-]') ? [term.replace('[no-]', ''), term.replace('[no-]', 'no-')] : [term],
  );
}

/** Flags in those strings of a source that are sentences: words with a space between them. `--x:` and `var(--x)` are CSS. */
function advisedIn(source: string): string[] {
  return stringsOf(source)
    .filter((text) => /\w[^\w-]* /.test(text))
    .flatMap((text) => text.match(/(?<![\w-]|var\()--[a-z]+(-[a-z]+)*(?![\w-]*:)/g) ?? []);
}

test('flags are found in sentences and in help', () => {
  assert.deepEqual(advisedIn("fail('stop that one, or use --no-leader here.');"), ['--no-leader']);
  assert.deepEqual(advisedIn('fail(`it ends: use --rules none, or --port.`);'), ['--rules', '--port']);
  assert.deepEqual(advisedIn("// use --this\nspawn('sh', ['--that', '--left']); i--;"), []);
  assert.deepEqual(advisedIn("style('svg { --paper: white } rect { fill: var(--paper) }');"), []);
  const help =
    '  -h, --help   print this\n  --[no-]leader  own\n     --rules may stand here\n  --port <N>  port\n';
  assert.deepEqual(shownIn(help), ['--help', '--leader', '--no-leader', '--rules', '--port']);
});

test('each flag that is named is shown by some help', () => {
  const commands = [...helpOf('bundle/twindns.mjs').matchAll(/^ {2}([a-z]+) (?:\[|<)/gm)].map(
    ([, name]) => name!,
  );
  assert.ok(commands.includes('run') && commands.includes('chaos'), commands.join());
  const shown = new Set([
    ...[[], ...commands.map((name) => [name])].flatMap((words) =>
      shownIn(helpOf('bundle/twindns.mjs', ...words)),
    ),
    ...shownIn(helpOf('test/bench/main.js')),
  ]);
  const sources = repositoryFiles().filter((path) => /^(src|ha|chaos|test\/bench)\/.*\.(ts|mjs)$/.test(path));
  const hidden = sources.flatMap((path) =>
    advisedIn(readText(path))
      .filter((flag) => !shown.has(flag) && !foreign.includes(flag))
      .map((flag) => `${path} names ${flag}`),
  );
  assert.deepEqual(hidden, []);
});
