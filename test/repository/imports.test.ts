// imports.test — there is no circle of imports: files can be read from the bottom up.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText, repositoryFiles } from './files.ts';
import { circlesOf, importsOf } from './imports.ts';

const sources = new Map(
  repositoryFiles()
    .filter((path) => /\.(ts|mjs|js|c|h)$/.test(path))
    .map((path) => [path, readText(path)]),
);

test('there is no circle of imports', () => {
  assert.ok(importsOf('src/main.ts', sources.get('src/main.ts')!).includes('ha/twin.ts'));
  assert.ok(importsOf('node-reuseport/src/arena.c', sources.get('node-reuseport/src/arena.c')!).length > 2);
  assert.deepEqual(circlesOf(sources), []);
});

const circles: readonly [what: string, ...files: readonly (readonly [path: string, text: string])[]][] = [
  [
    'two files, one of which wants a type only',
    ['src/a.ts', "import { b } from './b.ts';\n"],
    ['src/b.ts', "import type { A } from './a.ts';\n"],
  ],
  [
    'three files in several folders, one of which imports while it runs',
    ['src/a.ts', "import {\n  b,\n} from './listen/b.ts';\n"],
    ['src/listen/b.ts', "import '../../ha/c.ts';\n"],
    ['ha/c.ts', "const a = await import('../src/a.ts');\n"],
  ],
  [
    'a header that includes what its source is included by',
    ['native/a.c', '#include "b.h"\n'],
    ['native/b.h', '#include "a.h"\n'],
    ['native/a.h', ''],
  ],
];
for (const [what, ...files] of circles) {
  test(`a circle is found: ${what}`, () => {
    const [circle, ...others] = circlesOf(new Map(files));
    assert.deepEqual(
      [circle?.length, others],
      [new Set(files.map(([path]) => path.replace(/\.[ch]$/, ''))).size, []],
    );
  });
}

test('two ways to one file are no circle', () => {
  const diamond = new Map([
    ['src/a.ts', "import './b.ts';\nimport './c.ts';\n"],
    ['src/b.ts', "import './d.ts';\n"],
    ['src/c.ts', "import './d.ts';\n"],
    ['src/d.ts', "// import './a.mts'\nimport { d } from 'd';\n"],
  ]);
  assert.deepEqual(circlesOf(diamond), []);
});
