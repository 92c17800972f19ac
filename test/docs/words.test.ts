// words.test — each thing has one word, on all pages.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricNames } from '../lab/scrape.ts';
import { readText, repositoryFiles } from '../repository/files.ts';
import { pageAt, pages, sectionOf } from './pages.ts';
import { glossaryOf, publicNameProblems, wordProblems } from './words.ts';

const home = pageAt('ha/README.md');
const section = sectionOf(home, 'Words');
const glossary = glossaryOf(section);

test('a word for what has another is found', () => {
  const table = '| word | is | public names | not |\n|---|---|---|---|\n';
  const sample = glossaryOf(`${table}| twin | the other | \`b\`, TWIN | sibling, brother |\n`);
  assert.deepEqual(sample, [
    { word: 'twin', meaning: 'the other', publicNames: ['b', 'TWIN'], not: ['sibling', 'brother'] },
  ]);
  const page = (text: string) => ({ path: 'a.md', text });
  assert.equal(wordProblems(page('Its brothers read.'), sample).length, 1);
  assert.equal(wordProblems(page('Its twin calls `sibling`.\n```text\nbrother\n```\n'), sample).length, 0);
});

test('the glossary has each word once, and says what it is', () => {
  assert.ok(glossary.length > 20);
  const words = glossary.map(({ word }) => word);
  assert.deepEqual(
    words.filter((word, i) => words.indexOf(word) !== i),
    [],
  );
  for (const { word, meaning } of glossary) assert.match(meaning, /^\S.{10,}$/, word);
});

test('no page calls a thing by another word', () => {
  const others = pages.map((page) => ({ ...page, text: page.text.replace(section, '') }));
  assert.deepEqual(
    others.flatMap((page) => wordProblems(page, glossary)),
    [],
  );
});

test('a public name that no program shows is found', async () => {
  const word = (publicNames: string[]) => ({ word: 'a', meaning: 'b', publicNames, not: [] });
  const names = ['torn', 'twindns_made_up', 'known', 'lost', 'said'];
  const source = "// lost\nconst known = { torn: 'said' };\n";
  assert.equal(publicNameProblems([word(names)], [source], ['twindns_up']).length, 2);
  const shown = repositoryFiles().filter((path) =>
    /^(src\/(status|admin\/.+)|ha\/takeover\/.+)\.ts$/.test(path),
  );
  assert.ok(glossary.some(({ publicNames }) => publicNames.length > 1));
  assert.deepEqual(publicNameProblems(glossary, shown.map(readText), await metricNames()), []);
});
