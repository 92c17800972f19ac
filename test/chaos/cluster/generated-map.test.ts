// generated-map.test — a generated ConfigMap is what kustomize makes of the same words, its digest too.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, generated } from '../../../chaos/cluster/generated-map.ts';

const none = () => assert.fail('no file is named');

test('lines are NAME=VALUE, comments and empty lines are none, values may have = in them', () => {
  const text = '# a comment\n\nA=1\nB=x=y\nC=\n';
  const map = generated({ name: 'a', envs: ['a.env'], literals: ['A=2'] }, (path) => {
    assert.equal(path, 'a.env');
    return text;
  });
  assert.deepEqual(map.data, { A: '2', B: 'x=y', C: '' });
  for (const wrong of ['A', '=1'])
    assert.throws(() => generated({ name: 'a', literals: [wrong] }, none), /is no NAME=VALUE/);
});

test('what is merged keeps what it does not name, and its labels', () => {
  const old = generated({ name: 'a', literals: ['A=1', 'B=2'], options: { labels: { l: 'm' } } }, none);
  const map = generated({ name: 'a', behavior: 'merge', literals: ['B=3'] }, none, old);
  assert.deepEqual([map.data, map.metadata.labels], [{ A: '1', B: '3' }, { l: 'm' }]);
});

test('the digest is that of `kubectl kustomize`, in whatever order the words come', () => {
  for (const literals of [
    ['A=one', 'B=2'],
    ['B=2', 'A=one'],
  ])
    assert.equal(digestOf(generated({ name: 'settings', literals }, none)), 'cbkh982tbm');
  assert.notEqual(digestOf(generated({ name: 'settings', literals: ['A=one'] }, none)), 'cbkh982tbm');
});
