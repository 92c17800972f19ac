// replays.test — however much a process left unanswered, new queries wait no longer than a turn's share of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Replays } from '../../../ha/takeover/replays.ts';
import type { Left } from '../../../ha/takeover/unanswered.ts';
import { REPLAYS_TAKE } from '../../../ha/timing.ts';
import type { Handover } from '../../../src/handover/handover.ts';

/** As many queries as an arena holds; each takes half a millisecond to answer. */
const COST = 0.5;
const COUNT = 100;

function setUp(fails: (place: number) => boolean = () => false) {
  const answered: number[] = [];
  const panics: unknown[] = [];
  let now = 0;
  const handover = {
    journal: { beat() {} },
    replay({ place }: { readonly place: number }) {
      now += COST;
      if (fails(place)) throw new Error('a query of death');
      answered.push(place);
    },
  } as unknown as Handover;
  const replays = new Replays(
    handover,
    (error) => panics.push(error),
    () => now,
  );
  const left = (place: number): Left => {
    const said = { place, tag: 0, triedBefore: false, stamp: undefined };
    return { ...said, copy: () => ({ ...said, cell: new Uint8Array(0), length: 0 }) };
  };
  const queries = Array.from({ length: COUNT }, (_, place) => ({
    query: left(place),
    manner: 'plain' as const,
  }));
  return { replays, queries, answered, panics };
}

const all = Array.from({ length: COUNT }, (_, place) => place);
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('a turn answers some, in their order, and what is to be done behind the last is done behind the last', async () => {
  const { replays, queries, answered } = setUp();
  let done = false;
  replays.add(queries, new Map(), () => {
    assert.equal(answered.length, COUNT);
    done = true;
  });
  let before = 0;
  while (!done) {
    const inTurn = answered.length - before;
    assert.ok(inTurn > 0 && inTurn <= REPLAYS_TAKE / COST, `${inTurn} in a turn`);
    before = answered.length;
    await turn();
  }
  assert.deepEqual(answered, all);
});

test('what comes meanwhile waits for its turn, and one that throws holds up no other', async () => {
  const { replays, queries, answered, panics } = setUp((place) => place === 1);
  const done: string[] = [];
  replays.add(queries, new Map(), () => done.push('first'));
  replays.add(queries.slice(0, 1), new Map(), () => done.push('second'));
  while (done.length < 2) await turn();
  assert.deepEqual(done, ['first', 'second']);
  assert.deepEqual(answered, [...all.filter((place) => place !== 1), 0]);
  assert.equal(panics.length, 1);
});

test('a process that ends answers the rest at once', async () => {
  const { replays, queries, answered } = setUp();
  replays.add(queries, new Map());
  replays.finish();
  assert.deepEqual(answered, all);
  await turn();
  assert.equal(answered.length, COUNT);
});
