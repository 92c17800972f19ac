// first-reads.test — a newcomer leaves its sockets to a twin that reads them while it arrives, and to none that might not.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FirstReads, type Reader } from '../../../ha/takeover/first-reads.ts';
import type { Layout } from '../../../src/handover/layout.ts';

const layout = {} as Layout;
let silence = 0;
const serves = { layout, silence: () => silence };
const twin: Reader = { serves };
const leaves: Reader = { serves: undefined };

/** Whether a newcomer reads its sockets, in the order of these looks: milliseconds, and the twin by then. */
function begun(...looks: readonly (readonly [ms: number, twin: Reader | undefined])[]): boolean[] {
  let now = 5000;
  let began = 0;
  const reads = new FirstReads(
    () => began++,
    () => now,
  );
  return looks.map(([ms, other]) => {
    now = 5000 + ms;
    reads.look(other);
    assert.ok(began <= 1, 'it begins once');
    assert.equal(reads.begun, began === 1);
    return began === 1;
  });
}

describe('a newcomer reads its sockets', () => {
  test('at once when there is no twin', () => {
    assert.deepEqual(begun([0, undefined]), [true]);
  });

  test('after 30 ms when its twin does until then', () => {
    assert.deepEqual(begun([0, twin], [29, twin], [30, twin], [310, twin]), [false, false, true, true]);
  });

  test('as soon as its twin leaves or is gone', () => {
    assert.deepEqual(begun([0, twin], [20, leaves]), [false, true]);
    assert.deepEqual(begun([0, twin], [20, undefined]), [false, true]);
  });

  test('as soon as its twin shows no sign of life', () => {
    assert.deepEqual(begun([0, twin]), [false]);
    silence = 50;
    assert.deepEqual(begun([0, twin]), [true]);
    silence = 0;
  });

  test('at once beside a twin that does not show how it fares, or has told of nothing yet', () => {
    assert.deepEqual(begun([0, { serves: { ...serves, layout: undefined } }]), [true]);
    assert.deepEqual(begun([0, leaves]), [true]);
  });

  test('at the next look when it could not', () => {
    let failures = 1;
    const reads = new FirstReads(() => {
      if (failures-- > 0) throw new Error('EMFILE');
    });
    assert.throws(() => reads.look(undefined), /EMFILE/);
    assert.equal(reads.begun, false);
    reads.look(undefined);
    assert.equal(reads.begun, true);
  });
});
