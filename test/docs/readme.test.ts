// readme.test — every command, output, table and name in the README is true of the program.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderStatusLine } from '../../src/pair/status-line.ts';
import type { InstanceStatus } from '../../src/status.ts';
import { readText, root } from '../repository/files.ts';
import { type Block, fencedBlocks, marked, stepsOf } from './blocks.ts';
import { startDemoPair } from './demo-pair.ts';
import { runnerOf } from './runners.ts';
import { hasShape } from './shape.ts';
import { isStory } from './story.ts';
import { exitCodeTable, optionTable } from './tables.ts';

const page = readText('README.md');
const blocks = fencedBlocks(page);

test('what is compared by shape may differ in numbers and gaps, in nothing else', () => {
  assert.ok(hasShape('up  3 ms, 97.3 %', 'up 12.5 ms,  - '));
  assert.ok(hasShape('…\na 1\n…', 'x\ny\na 22\n'));
  assert.ok(hasShape('a … z', 'a b c z'));
  for (const real of ['up 3 ms', 'down 3 ms, 1 %', 'up 3 ms, 1 %\nmore'])
    assert.ok(!hasShape('up 3 ms, 97.3 %', real), real);
});

test('every block is one that can be tried', () => {
  assert.deepEqual(blocks.flatMap(problemsOf), []);
  const page =
    '```sh\nrm -rf /\n```\n```console\n$ npx twindns status\n$ make\n```\n```text\nhello\n```\n```js\n```\n';
  assert.equal(fencedBlocks(page).flatMap(problemsOf).length, 4);
  assert.throws(() => fencedBlocks('```sh\n'), /has no end/);
});

test('every command does what is shown', { timeout: 90_000 }, async (t) => {
  const demo = await startDemoPair(t);
  for (const block of blocks.filter(isShell)) {
    for (const { command, output } of stepsOf(block)) {
      const said = await runnerOf(command)!.run(command.split(/\s+/), demo);
      if (output === '') continue;
      assert.ok(hasShape(output, said), `line ${block.line}, ${command} prints:\n${said}\nshown:\n${output}`);
    }
  }
});

test('the line below the log looks as shown', () => {
  const shown = blocks.find(({ text }) => text.includes('queries/s'))!;
  const sample = (at: number, queries: number) => {
    const status = (pid: number) =>
      ({ pid, queries, hits: queries - 1, custody: { enabled: false } }) as InstanceStatus;
    return { at, statuses: [status(1), status(2)] };
  };
  const line = renderStatusLine(sample(1000, 500), sample(0, 100));
  assert.ok(hasShape(shown.text, line), line);
});

test('every file of the tree exists, every folder of the sources is in it', () => {
  const shown = blocks.find(isTree)!.text.split('\n');
  const paths = shown.map((line) => line.split(/\s+/)[0]!);
  for (const path of paths) assert.ok(existsSync(join(root, path)), path);
});

test('the table of flags is the option table', () => {
  assert.equal(marked(page, 'options'), optionTable());
});

test('the table of exit codes is that of the program', () => {
  assert.equal(marked(page, 'exit codes'), exitCodeTable());
});

test('every metric that is named exists', () => {
  const sources = ['metrics', 'own-metrics', 'custody-metrics', 'node-metrics']
    .map((name) => readText(`src/admin/${name}.ts`))
    .join('');
  const exists = (metric: string) => {
    const short = metric.replace(/^(coredns_cache|twindns)_/, '').replace(/_total$/, '');
    return sources.includes(`'${metric}'`) || sources.includes(`'${short}'`);
  };
  assert.ok(!exists('twindns_made_up_total'));
  const named = page.match(/\b(coredns|twindns)_[a-z_]+[a-z]\b/g) ?? [];
  assert.ok(named.length > 10);
  assert.deepEqual(
    named.filter((metric) => !exists(metric)),
    [],
  );
});

test('every link within the repository leads somewhere', () => {
  for (const [, target] of page.matchAll(/\]\((?!https?:)([^)#]+)/g))
    assert.ok(existsSync(join(root, target!)), target);
});

test('shell commands of node-reuseport are ones that can be tried', () => {
  if (!existsSync(join(root, 'node-reuseport/README.md'))) return;
  const shell = fencedBlocks(readText('node-reuseport/README.md')).filter(isShell);
  const commands = shell.flatMap(stepsOf).map(({ command }) => command);
  const known = /^npm (install|i|test|ci|run build)\b/;
  assert.deepEqual(
    commands.filter((command) => !known.test(command)),
    [],
  );
});

function isShell({ language }: Block): boolean {
  return language === 'sh' || language === 'console';
}

function isTree({ language, text }: Block): boolean {
  return language === 'text' && text.startsWith('src/');
}

function problemsOf(block: Block): string[] {
  if (!isShell(block)) {
    const known =
      isTree(block) || isStory(block) || (block.language === 'text' && block.text.includes('queries/s'));
    return known ? [] : [`line ${block.line}: no test knows how to try this block`];
  }
  return stepsOf(block)
    .filter(({ command }) => runnerOf(command) === undefined)
    .map(({ command }) => `line ${block.line}: no test knows how to run ${command}`);
}
