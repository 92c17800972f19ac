// mirrors.test — test mirrors the sources: a folder of tests is where the folder is that they are about.

import assert from 'node:assert/strict';
import { dirname } from 'node:path/posix';
import { test } from 'node:test';
import { repositoryFiles } from './files.ts';

/** About the whole of it, or tools of tests. */
const ofNoRoom = [
  'lab',
  'bench',
  'behaviours',
  'docs',
  'repository',
  'system',
  'manifests',
  'fuzz',
  'simulation',
  'arm64',
] as const;

/** Folders below test/ for which the sources have none: `src` goes without saying. */
function mirrorProblems(files: readonly string[]): string[] {
  const folders = new Set(files.flatMap(foldersOf));
  return [...folders]
    .filter((folder) => folder.startsWith('test/'))
    .map((folder) => folder.slice('test/'.length))
    .filter((room) => !ofNoRoom.some((word) => room === word || room.startsWith(`${word}/`)))
    .filter((room) => !folders.has(`src/${room}`) && !(/^(ha|chaos)(\/|$)/.test(room) && folders.has(room)))
    .map((room) => `test/${room} is about no folder`);
}

/** `a/b/c.ts` is in `a/b` and in `a`. */
function foldersOf(path: string): string[] {
  const folder = dirname(path);
  return folder === '.' ? [] : [folder, ...foldersOf(folder)];
}

test('every folder of tests has a folder of its name in the sources', () => {
  const sources = [
    'src/cache/cache.ts',
    'ha/node/netlink/netlink.ts',
    'chaos/load/ledger.ts',
    'manifests/base/x.yaml',
  ];
  for (const stray of [
    'test/cash/cache.test.ts',
    'test/ha/netlink/netlink.test.ts',
    'test/node/netlink/netlink.test.ts',
    'test/load/ledger.test.ts',
    'test/base/x.test.ts',
    'test/chaos/report/report.test.ts',
  ])
    assert.equal(mirrorProblems([...sources, stray]).length > 0, true, stray);
  const fine = [
    'test/cache/cache.test.ts',
    'test/ha/node/netlink/netlink.test.ts',
    'test/chaos/verdict.test.ts',
    'test/system/soak/plan.ts',
    'test/cli.test.ts',
  ];
  assert.deepEqual(mirrorProblems([...sources, ...fine]), []);
  assert.deepEqual(mirrorProblems(repositoryFiles()), []);
});
