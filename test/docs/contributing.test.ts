// contributing.test — the page for contributors has every folder on its map and every rule with its reason.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryFiles, root } from '../repository/files.ts';
import { pageRules } from '../repository/page-rules.ts';
import { rules } from '../repository/rules.ts';
import { isMap, pathsOf, unmapped } from './map.ts';
import { pageAt } from './pages.ts';

const page = pageAt('CONTRIBUTING.md');
const paths = pathsOf(page.blocks.find(isMap)!);

test('everything on the map exists', () => {
  assert.deepEqual(
    paths.filter((path) => !existsSync(join(root, path))),
    [],
  );
});

test('every folder of the sources is on the map, or has tests for one that is', () => {
  const files = ['src/a.ts', 'src/b/c.ts', 'ha/d/e/f.ts', 'test/b/c.test.ts', 'test/g/h.ts', 'i/j.md'];
  assert.deepEqual(unmapped(files, ['src']), ['ha/d/e', 'src/b', 'test/g']);
  assert.deepEqual(unmapped(repositoryFiles(), paths), []);
});

test('every rule the files obey is there, with its reason', () => {
  // Numbers in a rule may change; what it is about stays.
  const alike = (text: string) => text.replace(/\d+/g, '#').replaceAll('`', '');
  const rows = alike(page.text)
    .split('\n')
    .filter((line) => /^\| .+ \| .{10,} \|$/.test(line));
  const missing = [...rules, ...pageRules].filter(
    ({ name }) => !rows.some((row) => row.startsWith(`| ${alike(name)} |`)),
  );
  assert.deepEqual(
    missing.map(({ name }) => name),
    [],
  );
});
