// page.test — the Corefiles on the pages are taken, and without a remark; the page's table of files is whole.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadRegexEngine } from '../../src/zone/regex.ts';
import { pageAt, pages } from '../docs/pages.ts';
import { read, said } from './reading.ts';

await loadRegexEngine();

for (const { path, blocks } of pages)
  for (const { language, text, line } of blocks.filter(({ language }) => language === 'corefile'))
    test(`the ${language} in line ${line} of ${path} is taken`, () => {
      const { faults, warnings } = read(text);
      assert.equal(said([...faults, ...warnings]), '');
    });

test('the page of Corefiles has one', () => {
  assert.ok(pageAt('src/corefile/README.md').blocks.some(({ language }) => language === 'corefile'));
});
