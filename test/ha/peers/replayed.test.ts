// replayed.test — which queries were answered is known by where they lie and by their number; without a number, of none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Replayed } from '../../../ha/peers/replayed.ts';

test('another query in the same place was not', () => {
  const replayed = new Replayed();
  replayed.add({ place: 3, stamp: 0 });
  replayed.add({ place: 4, stamp: undefined });
  const asked = [
    { place: 3, stamp: 0 },
    { place: 3, stamp: 1 },
    { place: 2, stamp: 0 },
    { place: 4, stamp: undefined },
  ];
  assert.deepEqual(
    asked.map((query) => replayed.has(query)),
    [true, false, false, false],
  );
});
