// tcp-windows.test — a kernel short of room for what a client sends: it wakes us early, and no connection ends for that.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deaf } from '../lab/deaf.ts';
import { startLab } from '../lab/resolver.ts';
import { buildQuery } from '../lab/wire.ts';

test('of 8,000 queries sent at once each is answered, and the backup knows when it could go on with them', async (t) => {
  const lab = await startLab(t);
  const generations: number[] = [];
  lab.table.backUp({
    ...deaf,
    tell: (_fd, record, generation) => {
      assert.equal(generation, lab.table.records.generation(record));
      return generations.push(generation) > 0;
    },
    whenReady: (tell) => tell(),
  });
  const client = await lab.tcp();
  const query = (id: number) => buildQuery({ id, name: 'popular.example' });
  client.send(query(0));
  await client.next();
  assert.equal(generations.length, 1);
  client.send(...Array.from({ length: 8000 }, (_, id) => query(id)));
  const ids = new Set<number>();
  while (ids.size < 8000) ids.add((await client.next()).readUInt16BE(0));
  // Each time the beginning of a query was taken, what the backup held was no longer the connection.
  assert.equal(new Set(generations).size, generations.length);
  assert.equal(lab.table.untold, 0);
});
