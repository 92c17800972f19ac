// pages.test — every page of the repository names what is there, can be reached, and has only blocks that can be tried.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageTypes } from '../../ha/link/protocol.ts';
import { renderStatusLine } from '../../src/pair/status-line.ts';
import type { InstanceStatus } from '../../src/status.ts';
import { metricNames } from '../lab/scrape.ts';
import type { Block } from './blocks.ts';
import { fencedBlocks, stepsOf } from './blocks.ts';
import { drawingProblems, isDrawing, messagesOf } from './drawings.ts';
import { isMap } from './map.ts';
import {
  flagProblems,
  headingsOf,
  linkProblems,
  linksOf,
  metricProblems,
  pathProblems,
} from './page-checks.ts';
import { type Page, pageAt, pageOf, pages } from './pages.ts';
import { isShell, runnerOf } from './runners.ts';
import { hasShape } from './shape.ts';
import { isStory } from './story.ts';

const metrics = await metricNames();

test('the pages are found', () => {
  for (const path of ['README.md', 'CONTRIBUTING.md', 'ha/README.md', 'node-reuseport/README.md'])
    pageAt(path);
  assert.throws(() => pageAt('docs/README.md'), /there is no page/);
});

test('what is compared by shape may differ in numbers and gaps, in nothing else', () => {
  assert.ok(hasShape('up  3 ms, 97.3 %', 'up 12.5 ms,  - '));
  assert.ok(hasShape('…\na 1\n…', 'x\ny\na 22\n'));
  assert.ok(hasShape('a … z', 'a b c z'));
  assert.ok(hasShape('up 12s', 'up 1m2s') && !hasShape('up 12s', 'up m2s'));
  for (const real of ['up 3 ms', 'down 3 ms, 1 %', 'up 3 ms, 1 %\nmore'])
    assert.ok(!hasShape('up 3 ms, 97.3 %', real), real);
});

test('every block is one that can be tried', () => {
  assert.deepEqual(pages.flatMap(blockProblems), []);
  const text =
    '```sh\nrm -rf /\n```\n```console\n$ npx twindns status\n$ make\n```\n```text\nhello\n```\n```js\n```\n' +
    '```text\na ── jion ──► b\n```\n';
  assert.equal(blockProblems(pageOf('a.md', text)).length, 5);
  assert.throws(() => fencedBlocks('```sh\n'), /has no end/);
});

test('the line below the log looks as shown', () => {
  const shown = pageAt('README.md').blocks.find(isStatusLine)!;
  const sample = (at: number, queries: number) => {
    const status = (pid: number) =>
      ({ pid, queries, hits: queries - 1, custody: { enabled: false } }) as InstanceStatus;
    return { at, statuses: [status(1), status(2)] };
  };
  const line = renderStatusLine(sample(1000, 500), sample(0, 100));
  assert.ok(hasShape(shown.text, line), line);
});

test('every message of the twins is drawn', () => {
  const drawn = pageAt('ha/README.md').blocks.filter(isDrawing).flatMap(messagesOf);
  assert.deepEqual(
    messageTypes.filter((type) => !drawn.includes(type)),
    [],
  );
});

test('every link leads somewhere, to a heading too', () => {
  const bad = '[a](b.md) ![c](d.svg) [e](#no) [f](README.md#no-such-heading) [g](https://example.com/h)\n';
  assert.equal(linkProblems(pageOf('README.md', bad)).length, 4);
  assert.deepEqual(headingsOf('# A `b`, and c\n'), ['a-b-and-c']);
  assert.deepEqual(pages.flatMap(linkProblems), []);
});

test('every page is reached from the first one', () => {
  const reached = new Set<string>();
  const follow = (page: Page) => {
    if (reached.has(page.path)) return;
    reached.add(page.path);
    for (const { path } of linksOf(page)) {
      const next = pages.find((one) => one.path === path);
      if (next !== undefined) follow(next);
    }
  };
  follow(pageAt('README.md'));
  assert.deepEqual(
    pages.map(({ path }) => path).filter((path) => !reached.has(path)),
    [],
  );
});

test('every path that is named exists', () => {
  const bad = '`src/no.ts` `ha/no` `no.svg` `src/serve.ts` `resolv.conf` `a/b`\n';
  assert.equal(pathProblems(pageOf('README.md', bad)).length, 3);
  assert.deepEqual(pathProblems(pageOf('src/README.md', '`serve.ts` `admin/metrics.ts`\n')), []);
  assert.deepEqual(pages.flatMap(pathProblems), []);
});

test('every flag that is named is taken', () => {
  assert.equal(flagProblems(pageOf('a.md', '`--lissten 1` `x --check` `--no-leader`\n')).length, 1);
  assert.deepEqual(pages.flatMap(flagProblems), []);
});

test('every metric that is named exists, and every metric that exists is named', () => {
  assert.equal(metricProblems(pageOf('a.md', 'twindns_made_up_total'), metrics).length, 1);
  assert.deepEqual(
    pages.flatMap((page) => metricProblems(page, metrics)),
    [],
  );
  const ours = metrics.filter((name) => /^(coredns|twindns)_/.test(name));
  assert.ok(ours.length > 30);
  const everything = pages.map(({ text }) => text).join('\n');
  assert.deepEqual(
    ours.filter((name) => !everything.includes(`\`${name}\``)),
    [],
  );
});

function blockProblems(page: Page): string[] {
  return page.blocks.flatMap((block) => problemsOf(page, block)).map((problem) => `${page.path}, ${problem}`);
}

function problemsOf(page: Page, block: Block): string[] {
  if (isShell(block))
    return stepsOf(block)
      .filter(({ command }) => runnerOf(command) === undefined)
      .map(({ command }) => `line ${block.line}: no test knows how to run ${command}`);
  if (isDrawing(block)) return drawingProblems(block);
  // Each snippet of that page is run by a test of that package, which fails when it knows one not.
  const itsOwn = block.language === 'js' && page.folder === 'node-reuseport';
  // Those are read by a test of the manifests, which fails when it knows one not.
  const manifest = block.language === 'yaml' && page.folder === 'manifests';
  // Those are read by a test of theirs.
  const corefile = block.language === 'corefile';
  return itsOwn || manifest || corefile || isMap(block) || isStory(block) || isStatusLine(block)
    ? []
    : [`line ${block.line}: no test knows how to try this block`];
}

function isStatusLine({ language, text }: Block): boolean {
  return language === 'text' && text.includes('queries/s');
}
