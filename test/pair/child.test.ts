// child.test — an instance under supervision: heard when it serves, started again when it dies, believed when it refuses.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { ChildEvents } from '../../src/pair/child.ts';
import { startChild } from '../../src/pair/child.ts';

type Event = readonly [kind: keyof ChildEvents, ...rest: unknown[]];

/** A child that runs this script; `next` is what was told next. */
function supervised(t: TestContext, script: string) {
  const told: Event[] = [];
  let wake = () => {};
  const tell = (...event: Event) => {
    told.push(event);
    wake();
  };
  const child = startChild('primary', ['-e', script], {
    listening: () => tell('listening'),
    line: (_slot, text) => tell('line', text),
    died: (_slot, reason, delayMs) => tell('died', reason, delayMs),
    refused: (_slot, exitCode, said) => tell('refused', exitCode, said),
  });
  t.after(() => child.stop(0));
  return {
    child,
    async next(): Promise<Event> {
      if (told.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return told.shift()!;
    },
  };
}

const serve = 'setInterval(() => {}, 1000); process.send("listening");';

test('it is up from the moment it says so until it is stopped', async (t) => {
  const { child, next } = supervised(t, serve);
  assert.equal(child.up, false);
  assert.deepEqual(await next(), ['listening']);
  assert.equal(child.up, true);
  await child.stop(1000);
  assert.equal(child.up, false);
});

test('one that does not heed SIGTERM is killed when patience is over', async (t) => {
  const { child, next } = supervised(t, `process.on("SIGTERM", () => {}); ${serve}`);
  await next();
  await child.stop(10);
  assert.equal(child.up, false);
});

test('it is told to read its files again by SIGHUP, and goes on', async (t) => {
  const { child, next } = supervised(t, `process.on("SIGHUP", () => console.log("reads")); ${serve}`);
  await next();
  child.reload();
  assert.deepEqual(await next(), ['line', 'reads']);
  assert.equal(child.up, true);
});

test('a death is told with its cause and the wait before the next start', async (t) => {
  const { next } = supervised(t, `${serve} setImmediate(() => process.kill(process.pid, "SIGKILL"));`);
  assert.deepEqual(await next(), ['listening']);
  assert.deepEqual(await next(), ['died', 'SIGKILL', 1000]);
});

test('a refusal before it ever served is passed on with its sentence', async (t) => {
  const { next } = supervised(t, 'console.error("twindns: the port is taken"); process.exitCode = 5;');
  assert.deepEqual(await next(), ['refused', 5, 'twindns: the port is taken']);
});

test('any other early end is a death', async (t) => {
  const { next } = supervised(t, 'console.error("why"); process.exitCode = 1;');
  assert.deepEqual(await next(), ['line', 'why']);
  assert.deepEqual(await next(), ['died', 'exit code 1', 1000]);
});
