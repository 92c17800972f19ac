// settings.test — two instances see by which flags they differ, and nothing of a flag that one of them does not tell.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differing, isSettings, settingsOf } from '../../../ha/link/settings.ts';
import { labConfig } from '../../lab/resolver.ts';

test('flags that change answers are compared; of one that the other does not know nothing is said', () => {
  const ours = settingsOf(labConfig);
  assert.ok(isSettings(ours));
  assert.deepEqual(differing(ours, settingsOf({ ...labConfig, slot: 'secondary', logLevel: 'debug' })), []);
  assert.deepEqual(differing(ours, settingsOf(labConfig, 'another')), ['--corefile']);
  const theirs = settingsOf({ ...labConfig, clusterDomain: 'example', cacheTtl: 1000 });
  assert.deepEqual(differing(ours, theirs), ['--cluster-domain', '--cache-ttl']);
  const { '--cluster-domain': _, ...fewer } = theirs;
  assert.deepEqual(differing(ours, fewer), ['--cache-ttl']);
});

test('what is no list of digests is none', () => {
  for (const value of [null, [], 'x', { a: 1 }, { a: 'long and longer' }])
    assert.equal(isSettings(value), false);
  const many = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`--${i}`, '01234567']));
  assert.equal(isSettings(many), false);
});
