// gate.test — what opens the gate, how often the cluster DNS is asked, and what is said meanwhile.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gate } from '../../src/gate/gate.ts';

/** A gate whose time passes only while it pauses; `answers` are what the cluster DNS says, the last one again and again. */
function gateOf(answers: readonly (string | undefined)[], twinFrom = Number.POSITIVE_INFINITY) {
  let now = 0;
  const asked: number[] = [];
  const lines: string[] = [];
  let waits = 0;
  const write = (message: string, more?: object) =>
    void lines.push(`${now} ${message} ${JSON.stringify(more)}`);
  const gate = new Gate({
    log: { info: write, warn: write },
    ask: async () => answers[Math.min(asked.push(now), answers.length) - 1],
    hasTwin: () => now >= twinFrom,
    onWait: () => void waits++,
    now: () => now,
    pause: async (ms) => {
      await new Promise((resolve) => setImmediate(resolve));
      now += ms;
    },
    chance: () => 0.5,
  });
  return { gate, asked, lines, waits: () => waits, at: () => now };
}

test('a cluster DNS that answers opens it, and nothing is said', async () => {
  const { gate, asked, lines, waits } = gateOf([undefined]);
  assert.equal(await gate.open(), true);
  assert.deepEqual([asked.length, lines, waits()], [1, [], 0]);
});

test('with a twin that serves it is open, and no server is asked', async () => {
  const { gate, asked } = gateOf(['silence'], 0);
  await gate.open();
  assert.deepEqual(asked, []);
});

test('the pauses grow and have a limit; what answers later opens it', async () => {
  const { gate, asked, lines, waits } = gateOf([...new Array<string>(9).fill('nothing listens'), undefined]);
  await gate.open();
  const pauses = asked.slice(1).map((at, i) => at - asked[i]!);
  assert.deepEqual(
    pauses.map((ms) => Math.round(ms / 250) * 250),
    [250, 500, 1000, 2000, 4000, 5000, 5000, 5000, 5000],
  );
  assert.equal(waits(), 1);
  assert.equal(gate.reason, undefined);
  assert.equal(lines.length, 2);
  assert.match(lines[0]!, /captures nothing and is not ready .*nothing listens/);
  assert.match(lines[1]!, /the cluster DNS has answered.*"seconds":\d+/);
});

test('a twin that begins to serve opens it at once', async () => {
  const { gate, lines, at } = gateOf(['silence'], 10_000);
  await gate.open();
  assert.ok(at() >= 10_000 && at() < 10_100);
  assert.match(lines.at(-1)!, /the twin serves/);
});

test('what is waited for is said once a minute, with the reason of then', async () => {
  const { gate, lines } = gateOf(['one', 'other'], 150_000);
  const opened = gate.open();
  while (gate.reason !== 'other') await new Promise((resolve) => setImmediate(resolve));
  await opened;
  const told = lines
    .slice(0, -1)
    .map((line) => [Math.floor(Number.parseInt(line, 10) / 60_000), /one|other/.exec(line)?.[0]]);
  assert.deepEqual(told, [
    [0, 'one'],
    [1, 'other'],
    [2, 'other'],
  ]);
});

test('given up, it waits no longer and says nothing', async () => {
  const { gate, lines, waits } = gateOf(['silence']);
  const opened = gate.open();
  while (waits() === 0) await new Promise((resolve) => setImmediate(resolve));
  gate.stop();
  assert.equal(await opened, false);
  assert.equal(lines.length, 1);
});
