// view.test — a block is there for a query if all conditions of its view hold.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { View } from '../../src/zone/view.ts';
import { question } from '../lab/question.ts';

test('all conditions have to hold', () => {
  const view = new View('inside', [
    ({ client }) => client.address.startsWith('10.'),
    ({ type }) => type === 1,
  ]);
  assert.equal(view.isFor(question('a.example')), true);
  assert.equal(view.explain(question('a.example')), undefined);
  for (const other of [question('a.example', { from: '11.0.0.1' }), question('a.example', { type: 'MX' })]) {
    assert.equal(view.isFor(other), false);
    assert.match(view.explain(other)!, /inside/);
  }
  assert.equal(new View('all', []).isFor(question('a.example')), true);
});
