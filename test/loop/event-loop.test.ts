// event-loop.test — an event is told to whom it is about.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bindUdp, close, connectUdp, describe, READABLE, write } from 'node-reuseport';
import { EventLoop } from '../../src/loop/event-loop.ts';

const address = '127.0.0.1';

/** A descriptor that is readable. */
function readable(): number {
  const fd = bindUdp({ address, port: 0 });
  const client = connectUdp({ address, port: describe(fd).port });
  write(client, Buffer.from('x'), 0, 1);
  close(client);
  return fd;
}

test('what comes in the turn in which a descriptor is let go of is not told to the next one', async () => {
  const loop = new EventLoop((error) => assert.fail(String(error)));
  const told: string[] = [];
  const [first, second, quiet] = [readable(), readable(), bindUdp({ address, port: 0 })];
  const tags = new Map<number, number>();
  await new Promise<void>((resolve) => {
    /** Whichever comes first lets go of the other one, whose event is in the same turn. */
    const watch = (fd: number, other: number) =>
      tags.set(
        fd,
        loop.watch(fd, READABLE, {
          ready() {
            told.push('readable');
            loop.unwatch(other, tags.get(other)!);
            loop.watch(quiet, READABLE, { ready: () => told.push('quiet') });
            loop.unwatch(fd, tags.get(fd)!);
            setImmediate(resolve);
          },
        }),
      );
    watch(first, second);
    watch(second, first);
  });
  assert.deepEqual(told, ['readable']);
  loop.close();
  for (const fd of [first, second, quiet]) close(fd);
});

test('a descriptor that is watched in the place of another one hears of itself', async () => {
  const loop = new EventLoop((error) => assert.fail(String(error)));
  const [first, second] = [readable(), readable()];
  await new Promise<void>((resolve) => {
    const tag = loop.watch(first, READABLE, {
      ready() {
        loop.unwatch(first, tag);
        const next = loop.watch(second, READABLE, {
          ready() {
            loop.unwatch(second, next);
            resolve();
          },
        });
      },
    });
  });
  loop.close();
  for (const fd of [first, second]) close(fd);
});
