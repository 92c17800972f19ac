// resting.test — what an instance tells of its rests, in the order in which a twin has to see it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arena, monotonicMs } from 'node-reuseport';
import { BEAT, RESTING } from '../../src/handover/arena-words.ts';
import { Journal } from '../../src/handover/journal.ts';
import { Resting } from '../../src/handover/resting.ts';
import { startLab } from '../lab/resolver.ts';

function startResting() {
  const { header } = new Arena({ ring: 8, parked: 4 });
  const hands = { full: false, beats: 0 };
  const resting = new Resting(new Journal({ header, markCrashes() {} }), () => !hands.full);
  resting.onWork = () => hands.beats++;
  return { resting, hands, rest: () => header[RESTING]!, beat: () => header[BEAT]! };
}

test('no two rests have the same number, however short; at work it is 0', () => {
  const { resting, rest } = startResting();
  assert.equal(rest(), 0);
  const rests = [1, 1, 1, 2].map((now) => {
    resting.begin(now);
    assert.equal(rest(), 0);
    resting.end(now);
    return rest();
  });
  assert.equal(new Set([0, ...rests]).size, 5);
});

test('it beats when a rest begins and when it ends, so it is never found silent between the two', () => {
  const { resting, beat } = startResting();
  resting.end(1000);
  assert.equal(beat(), 1000);
  resting.begin(9000);
  assert.equal(beat(), 9000);
});

test('with something in hand it does not rest, and wants to beat', () => {
  const { resting, hands, rest } = startResting();
  resting.begin(1);
  hands.full = true;
  resting.end(2);
  assert.deepEqual([rest(), hands.beats], [0, 1]);
  resting.beat(3);
  assert.equal(rest(), 0);
  hands.full = false;
  resting.beat(4);
  assert.notEqual(rest(), 0);
  hands.full = true;
  resting.beat(5);
  assert.equal(rest(), 0, 'a connection was adopted meanwhile, say');
});

test('what it hears of its twin shows in another rest; at work it shows by its beat', () => {
  const { resting, hands, rest, beat } = startResting();
  resting.end(1);
  const before = rest();
  resting.show(500);
  assert.notEqual(rest(), before);
  assert.notEqual(rest(), 0);
  assert.equal(beat(), 500);
  resting.begin(600);
  hands.full = true;
  resting.show(700);
  assert.deepEqual([rest(), beat()], [0, 600]);
});

test('while something waits that cannot be read it does not rest', () => {
  const { resting, rest } = startResting();
  const queue = {};
  resting.trouble(queue);
  resting.end(1);
  assert.equal(rest(), 0);
  resting.troubleOver(queue);
  resting.end(2);
  assert.notEqual(rest(), 0);
});

test('a resolver rests when it has answered: a cached name at once, another one when its server has, and never beside a client', async (t) => {
  const lab = await startLab(t);
  const { journal, resting } = lab.handover;
  const rests = () => journal.header[RESTING] !== 0;
  let beats = 0;
  resting.onWork = () => beats++;
  await lab.ask('x.example');
  assert.ok(beats > 0, 'it waited for its server');
  resting.beat(monotonicMs());
  assert.ok(rests());
  beats = 0;
  await lab.ask('x.example');
  assert.deepEqual([rests(), beats], [true, 0]);
  const client = await lab.tcp();
  while (lab.handover.connections.count === 0) await lab.ask('x.example');
  resting.beat(monotonicMs());
  assert.equal(rests(), false, 'its connection is open');
  await client.close();
});
