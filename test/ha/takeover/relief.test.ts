// relief.test — what a twin that waits for a processor has in hand is answered here, each query once, a few in each look, and
// none that it has answered, or used the place of, meanwhile.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arena, bindUdp, CELL_PAYLOAD, close, connectUdp, describe, mapMemory, write } from 'node-reuseport';
import { Replayed } from '../../../ha/peers/replayed.ts';
import { Relief } from '../../../ha/takeover/relief.ts';
import { unanswered } from '../../../ha/takeover/unanswered.ts';
import { REPLAYS_TAKE } from '../../../ha/timing.ts';
import { CONNECTION_TAG, RECORDS_BYTES } from '../../../src/handover/arena-words.ts';
import { EndpointTable } from '../../../src/handover/endpoint-table.ts';
import type { Unanswered } from '../../../src/handover/handover.ts';
import { Journal } from '../../../src/handover/journal.ts';
import { readLayout } from '../../../src/handover/layout.ts';
import { ParkedCells } from '../../../src/handover/parked-cells.ts';
import { endpointsAt } from '../../lab/endpoints.ts';

const CELLS = 64;

function setUp({ cost = 0 } = {}) {
  const arena = new Arena({ ring: 8, parked: CELLS, records: RECORDS_BYTES });
  const journal = new Journal(arena);
  journal.beat(1);
  const parking = new ParkedCells(arena);
  const socket = bindUdp({ address: '127.0.0.1', port: 0 });
  const memory = mapMemory(arena.fd);
  const places = endpointsAt(['127.0.0.1'], 53);
  const holdings = {
    layout: readLayout(memory),
    memory,
    word: (index: number) => arena.header[index]!,
    replayed: new Replayed(),
    places,
  };
  const answered: string[] = [];
  let now = 0;
  const relief = new Relief(
    {
      endpoints: new EndpointTable(places, 53),
      replay({ cell, length }: Unanswered) {
        now += cost;
        answered.push(Buffer.from(cell.subarray(CELL_PAYLOAD, CELL_PAYLOAD + length)).toString());
      },
    },
    () => now,
  );
  /** It receives these in one batch. */
  const receive = (...texts: readonly string[]) => {
    const client = connectUdp({ address: '127.0.0.1', port: describe(socket).port });
    for (const text of texts) write(client, Buffer.from(text), 0, text.length);
    journal.beginBatch();
    const count = arena.receive(socket, 0);
    close(client);
    return count;
  };
  /** It receives them, and parks them. */
  const park = (...texts: readonly string[]) => {
    receive(...texts);
    const cells = texts.map((text, cell) => parking.take(cell, text.length));
    receive();
    return cells;
  };
  const answers = () => {
    relief.look(holdings as unknown as Parameters<Relief['look']>[0]);
    return answered.splice(0);
  };
  return { arena, journal, parking, memory, holdings, receive, park, answers };
}

test('each is answered once, also when its process shows a sign of life in between', () => {
  const { journal, park, receive, answers } = setUp();
  park('one', 'two');
  receive('three');
  assert.deepEqual(answers(), ['one', 'two', 'three']);
  assert.deepEqual(answers(), []);
  journal.beat(2);
  assert.deepEqual(answers(), []);
  receive('four'); // where the one before lay
  journal.beat(3);
  assert.deepEqual(answers(), ['four']);
});

test('those it has answered meanwhile are passed over, and so are those that lie in their place', () => {
  const { parking, park, answers } = setUp({ cost: REPLAYS_TAKE });
  const cells = park('one', 'two', 'three');
  assert.deepEqual(answers(), ['one']);
  parking.release(cells[1]!);
  assert.deepEqual(answers(), ['three']);
  assert.deepEqual(answers(), []);
});

test('in a look no more are answered than its share of time allows', () => {
  const { park, answers } = setUp({ cost: REPLAYS_TAKE / 2 });
  park('one', 'two', 'three', 'four', 'five');
  assert.deepEqual(
    [answers(), answers(), answers()].map(({ length }) => length),
    [2, 2, 1],
  );
});

test('with a sign of life it has its work back', () => {
  const { journal, park, answers } = setUp({ cost: REPLAYS_TAKE });
  park('one', 'two', 'three');
  assert.deepEqual(answers(), ['one']);
  journal.beat(2);
  park('four');
  assert.deepEqual([answers(), answers(), answers()].flat(), ['two', 'three', 'four']);
});

test('the query it has in hand is left to it, since it may hang on that', () => {
  const { journal, park, answers } = setUp();
  const [first] = park('one', 'two');
  journal.takeCell(first!);
  assert.deepEqual([answers(), answers()], [['two'], []]);
});

test('what came by its connections is left to it', () => {
  const { parking, answers } = setUp();
  parking.takeBytes(Buffer.from('one'), 0, 3, CONNECTION_TAG);
  assert.deepEqual(answers(), []);
});

test('a batch that is received while the one before is copied makes no query half of each', () => {
  const { journal, receive, memory, holdings } = setUp();
  receive('one', 'two');
  const atomics = Atomics.load;
  const { layout } = holdings;
  let loads = 0;
  // Between the first look at the number of the batch and the second its process goes on.
  Atomics.load = ((...args: Parameters<typeof atomics>) => {
    if (++loads === 2) journal.beginBatch();
    return atomics(...args);
  }) as typeof atomics;
  try {
    assert.deepEqual(unanswered(memory, layout!), []);
  } finally {
    Atomics.load = atomics;
  }
  assert.equal(unanswered(memory, layout!).length, 2);
});
