// asking.test — when a question is sent again, at a clock of the test's own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counters } from '../../src/counters.ts';
import { Deadlines, TICK } from '../../src/loop/deadlines.ts';
import { Query } from '../../src/message/query.ts';
import { rereadQuery } from '../../src/message/question.ts';
import { flagsPlan } from '../../src/options/flags-plan.ts';
import { LAST_ANSWER } from '../../src/upstream/asking.ts';
import type { Exchange } from '../../src/upstream/exchange.ts';
import { Flight, type FlightContext } from '../../src/upstream/flight.ts';
import { Forward } from '../../src/upstream/forward.ts';
import type { Upstream } from '../../src/upstream/upstream.ts';
import { Zone } from '../../src/zone/zone.ts';
import { a } from '../lab/records.ts';
import { labConfig } from '../lab/resolver.ts';
import { buildQuery, buildReply } from '../lab/wire.ts';

const asked = buildQuery({ name: 'lost.example' });
const answer = buildReply(asked, { answer: [a('192.0.2.1')] });

/** How the question ended: milliseconds from the first send to the answer, undefined without one; and when each send was. */
interface Ended {
  readonly took: number | undefined;
  readonly sent: readonly number[];
}

/**
 * Asks one question.
 * @param patience of both servers, milliseconds
 * @param delay milliseconds to the answer of each send; undefined: the query or the answer is lost
 */
function fly(patience: number, delay: () => number | undefined): Ended {
  let now = 0;
  let ended = false;
  let took: number | undefined;
  const sent: number[] = [];
  const answers: { readonly at: number; readonly exchange: Exchange }[] = [];
  const deadlines = new Deadlines(
    () => now,
    (error) => assert.fail(String(error)),
  );
  const server = () => ({
    transport: 'udp',
    patience,
    rank: 0,
    healthy: true,
    bearsMore: true,
    ask(exchange: Exchange) {
      sent.push(now);
      const after = delay();
      if (after !== undefined) answers.push({ at: now + after, exchange });
    },
    answered() {},
    missed() {},
    unreachable() {},
    failed() {},
    late() {},
  });
  const plan = flagsPlan({ ...labConfig, clusterDns: [] }).listeners[0]!.zones[0]!;
  const upstreams = [server(), server()] as unknown as Upstream[];
  const zone = new Zone(0, plan, [new Forward(plan.block.forwards[0]!, upstreams)], true);
  const context: FlightContext = {
    deadlines,
    events: new Counters(['.']).events,
    now: () => now,
    wallSeconds: () => 0,
    isCrowded: false,
    onPanic: (error) => assert.fail(String(error)),
    land(_flight, fresh) {
      ended = true;
      if (fresh !== undefined) took = now;
    },
    release() {},
  };
  const query = new Query();
  rereadQuery(query, asked, 0, asked.length);
  new Flight(context, query, zone, undefined, {
    protocol: 0,
    peer: () => assert.fail('no step asks for it'),
  }).depart();
  while (!ended) {
    now++;
    const due = answers.find(({ at, exchange }) => at <= now && !exchange.over);
    if (due !== undefined)
      due.exchange.question.responded(due.exchange, Buffer.from(answer), 0, answer.length);
    else if (now % TICK === 0) deadlines.tick();
  }
  deadlines.stop();
  return { took, sent };
}

/** Numbers from 0 to 1, the same in each run. */
function chances(): () => number {
  let state = 7;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test('more than 99 of 100 questions are answered where 30 % of the datagrams are lost on either way', () => {
  const chance = chances();
  const arrives = () => chance() >= 0.3;
  const flights = Array.from({ length: 3000 }, () => fly(60, () => (arrives() && arrives() ? 2 : undefined)));
  const answered = flights.filter(({ took }) => took !== undefined).length;
  assert(answered > 0.99 * flights.length, `${answered} of ${flights.length}`);
});

test('what no server answers is given up in time, the waits doubled up to 750 ms', () => {
  const { took, sent } = fly(60, () => undefined);
  assert.equal(took, undefined);
  const waits = sent.slice(1).map((at, i) => at - sent[i]!);
  const expected = [60, 120, 240, 480, 750, 750, 750];
  assert.equal(waits.length, expected.length);
  for (const [i, wait] of waits.entries())
    assert(wait >= expected[i]! && wait <= 1.2 * expected[i]! + TICK, `${waits}`);
});

for (const patience of [60, 130, 300, 700, 2000])
  test(`an answer that comes just in time is given, by servers that usually take ${patience} ms`, () => {
    const { took, sent } = fly(patience, () => LAST_ANSWER - 8 * TICK);
    assert.equal(took, LAST_ANSWER - 8 * TICK);
    const waits = sent.slice(1).map((at, i) => at - sent[i]!);
    assert(
      waits.every((wait) => wait >= patience),
      `${waits}`,
    );
    const silent = fly(patience, () => undefined);
    assert.equal(silent.took, undefined);
  });
