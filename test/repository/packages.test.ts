// packages.test — few dependencies, each one exact version, none bound to a place on the network.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from './files.ts';
import { lockProblems, packageProblems, runtimePackages } from './packages.ts';

const agreed = Object.fromEntries(runtimePackages.map((name) => [name, '1.2.3']));

test('the dependencies are those agreed on, in exact versions', () => {
  const { 'dns-packet': _, ...fewer } = agreed;
  const samples = {
    more: { dependencies: { ...agreed, leftpad: '1.0.0' } },
    fewer: { dependencies: fewer },
    range: { dependencies: { ...agreed, 'lru-cache': '^11.0.0' } },
    devRange: { dependencies: agreed, devDependencies: { typescript: '*' } },
    optional: { dependencies: agreed, optionalDependencies: { koffi: '3.3.4' } },
  };
  for (const [name, sample] of Object.entries(samples))
    assert.equal(packageProblems(JSON.stringify(sample)).length, 1, name);
  assert.deepEqual(packageProblems(readText('package.json')), []);
});

test('node-reuseport needs no package at run time', () => {
  assert.deepEqual(JSON.parse(readText('node-reuseport/package.json')).dependencies ?? {}, {});
});

test('the lock file has digests and no download addresses', () => {
  const lock = (entry: object) => JSON.stringify({ packages: { 'node_modules/a': entry } });
  assert.equal(
    lockProblems(lock({ integrity: 'sha512-x', resolved: 'https://example.com/a.tgz' })).length,
    1,
  );
  assert.equal(lockProblems(lock({ version: '1.0.0' })).length, 1);
  assert.deepEqual(lockProblems(lock({ resolved: 'a', link: true })), []);
  assert.deepEqual(lockProblems(readText('package-lock.json')), []);
});
