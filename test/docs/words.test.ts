// words.test — each thing has one word, on all pages.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageAt, pages, sectionOf } from './pages.ts';
import { glossaryOf, wordProblems } from './words.ts';

const home = pageAt('ha/README.md');
const section = sectionOf(home, 'Words');
const glossary = glossaryOf(section);

test('a word for what has another is found', () => {
  const sample = glossaryOf('| word | is | not |\n|---|---|---|\n| twin | the other | sibling, brother |\n');
  assert.deepEqual(sample, [{ word: 'twin', meaning: 'the other', not: ['sibling', 'brother'] }]);
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
