// shared-reply.test — however many ask, an answer is made once; it is as old as is allowed, and no older than the question else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { SharedReply } from '../../src/admin/shared-reply.ts';
import { LabClock } from '../lab/clock.ts';

function shared(apart: number, kept: number) {
  const clock = new LabClock();
  let made = 0;
  const reply = new SharedReply(
    async () => {
      const body = String(++made);
      await turn();
      return { status: 200, type: 'text/plain', body };
    },
    apart,
    kept,
    clock.now,
  );
  const get = async () => String((await reply.get()).body);
  return { clock, get };
}

test('all who ask at the same time, and for a while after, get one text', async () => {
  const { clock, get } = shared(0, 1000);
  const all = await Promise.all(Array.from({ length: 64 }, get));
  assert.deepEqual(new Set(all), new Set(['1']));
  assert.equal(await get(), '1');
  clock.skip(1);
  assert.equal(await get(), '2');
});

test('what is not kept is made after it was asked for, some time apart', async () => {
  const { clock, get } = shared(30, 0);
  assert.equal(await get(), '1');
  const began = clock.now();
  const [second, third] = [get(), get()];
  assert.deepEqual(await Promise.all([second, third]), ['2', '2']);
  assert.ok(clock.now() - began > 10, 'it waited');
});

test('one that failed is made anew', async () => {
  let fails = true;
  const reply = new SharedReply(
    async () => {
      if (fails) throw new Error('not now');
      return { status: 200, type: 'text/plain', body: 'OK' };
    },
    0,
    1000,
    () => 0,
  );
  await assert.rejects(reply.get(), /not now/);
  fails = false;
  assert.equal(String((await reply.get()).body), 'OK');
});
