// rules.test — each rule finds what it is for, and nothing in the repository.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText, repositoryFiles } from './files.ts';
import { pageRules } from './page-rules.ts';
import { rules } from './rules.ts';

const files = repositoryFiles();

test('the files of the repository are found', () => {
  for (const path of ['src/serve.ts', 'src/set-up.mjs', 'node-reuseport/src/addon.c', 'package.json'])
    assert.ok(files.includes(path), path);
});

for (const { name, applies, check, bad, good } of [...rules, ...pageRules]) {
  test(name, () => {
    for (const [path, text] of bad) {
      assert.ok(applies(path), path);
      assert.notDeepEqual(check(path, text), [], `not found in ${path}: ${text.slice(0, 100)}`);
    }
    for (const [path, text] of good) assert.deepEqual(check(path, text), [], text);
    const looked = files.filter(applies);
    assert.ok(looked.length > 0);
    const problems = looked.flatMap((path) => check(path, readText(path)).map((what) => `${path}: ${what}`));
    assert.deepEqual(problems, []);
  });
}
