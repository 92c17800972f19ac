// first-reads.test — a newcomer leaves its sockets to whoever reads them while it arrives, and to nobody who might not.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Beginning, type Other } from '../../../ha/takeover/first-reads.ts';
import type { Layout } from '../../../src/handover/layout.ts';

const layout = {} as Layout;
let silence = 0;
const estate = { slot: 'secondary', identity: 'theirs', layout, silence: () => silence } as const;
const twin: Other = { estate, leaving: false };

/** Whether a primary reads its sockets, in the order of these looks: milliseconds, and who is there. */
function begun(...looks: readonly (readonly [ms: number, others: readonly Other[]])[]): boolean[] {
  let now = 5000;
  let began = 0;
  const beginning = new Beginning(
    'primary',
    'ours',
    () => began++,
    () => now,
  );
  return looks.map(([ms, others]) => {
    now = 5000 + ms;
    beginning.look(others);
    assert.ok(began <= 1, 'it begins once');
    assert.equal(beginning.isOver, began === 1);
    return began === 1;
  });
}

describe('a newcomer reads its sockets', () => {
  test('at once when there is nobody', () => {
    assert.deepEqual(begun([0, []]), [true]);
  });

  test('after 30 ms when its twin does until then', () => {
    assert.deepEqual(begun([0, [twin]], [29, [twin]], [30, [twin]], [310, [twin]]), [
      false,
      false,
      true,
      true,
    ]);
  });

  test('as soon as its twin leaves or is gone', () => {
    assert.deepEqual(begun([0, [twin]], [20, [{ estate, leaving: true }]]), [false, true]);
    assert.deepEqual(begun([0, [twin]], [20, []]), [false, true]);
  });

  test('as soon as its twin shows no sign of life', () => {
    assert.deepEqual(begun([0, [twin]]), [false]);
    silence = 50;
    assert.deepEqual(begun([0, [twin]]), [true]);
    silence = 0;
  });

  test('at once beside one that does not show how it fares, or has told of nothing yet', () => {
    assert.deepEqual(begun([0, [{ estate: { ...estate, layout: undefined }, leaving: false }]]), [true]);
    assert.deepEqual(begun([0, [{ estate: undefined, leaving: false }]]), [true]);
  });

  test('at once beside an older process of its own slot, which may end at any time', () => {
    const older: Other = { estate: { ...estate, slot: 'primary', identity: 'ours' }, leaving: false };
    assert.deepEqual(begun([0, [twin, older]]), [true]);
    assert.deepEqual(begun([0, [{ estate: { ...estate, slot: 'primary' }, leaving: false }]]), [true]);
  });

  test('at the next look when it could not', () => {
    let failures = 1;
    const begin = () => {
      if (failures-- > 0) throw new Error('EMFILE');
    };
    const beginning = new Beginning('primary', 'ours', begin);
    assert.throws(() => beginning.look([]), /EMFILE/);
    assert.equal(beginning.isOver, false);
    beginning.look([]);
    assert.equal(beginning.isOver, true);
  });
});
