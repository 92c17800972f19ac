// timing.test — the times of the pair stand in an order; each line says what would go wrong in another one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ANSWERS_DUE,
  ARRIVED,
  BEAT_EVERY,
  ELECTION_SILENCE,
  FAR,
  FIRST_READS,
  HANGS,
  HANGS_FOR_GOOD,
  LETS_GO,
  LOST,
  MUCH_PROCESSOR_TIME,
  NEWCOMER,
  NEWS_APART,
  OBSERVED,
  OBSERVED_AT_ONCE,
  OBSERVED_BUSY,
  OBSERVED_FROM,
  READ_BESIDE,
  REDIAL,
  RELIED_ON,
  RESTS,
  RESTS_AFTER,
  SETTLED,
  SHOWN_BY,
  SILENT,
  STARVED,
  SUCCESSOR_LOOK,
  SWEEP_EVERY,
  UNREAD,
  WELCOME_AT_MOST,
  WELCOME_DUE,
  WORD_DUE,
} from '../../ha/timing.ts';
import { OTHERS } from '../../src/cache/prefetch.ts';
import { QUIET } from '../../src/instance/instance.ts';
import { SCANNED } from '../../src/listen/connection-table.ts';
import { PREFETCH } from '../../src/options/flags-plan.ts';
import { LAST_ANSWER } from '../../src/upstream/asking.ts';

const orders: readonly (readonly [why: string, ...ascending: readonly number[]])[] = [
  ['a beat that is late by one is no silence', 2 * BEAT_EVERY, OBSERVED_FROM, RELIED_ON, SILENT],
  ['a queue is looked at more than once before it counts as unread', BEAT_EVERY + 1, UNREAD],
  [
    'a process that is silent for SILENT has been observed for OBSERVED by then',
    OBSERVED_FROM + OBSERVED,
    SILENT,
  ],
  ['a process with a query in hand is given more time', OBSERVED, OBSERVED_BUSY],
  ['one long look is not enough to find a process stuck', OBSERVED_AT_ONCE + 1, OBSERVED],
  [
    'where looks come in time a twin that waits for a processor is relieved at once',
    FAR * 2 * BEAT_EVERY,
    SILENT,
  ],
  ['a process that waits for a processor is relieved long before it is taken over from', 5 * SILENT, STARVED],
  ['a newcomer that waits for its welcome serves before clients give up', WELCOME_DUE, WELCOME_AT_MOST, 5000],
  [
    'what takes much processor time is not taken for a hang before it took much longer',
    MUCH_PROCESSOR_TIME,
    HANGS,
  ],
  [
    'what an instance has renewed is told before its twin renews it, too, from TTLs of 5 s on',
    NEWS_APART + BEAT_EVERY,
    5000 * PREFETCH.share * (1 - OTHERS),
  ],
  ['a hang is known before a process is taken over from', HANGS, SILENT],
  ['a datagram in hand is refused only after its process was taken over from', SILENT, HANGS_FOR_GOOD],
  ['a newcomer reads its sockets itself before its twin stops', FIRST_READS, NEWCOMER],
  [
    'a newcomer relies on its twin for less time than it takes to see that it is silent',
    FIRST_READS,
    RELIED_ON,
  ],
  ['what is read beside a stuck process is read until it would be found silent again', SILENT, READ_BESIDE],
  ['a twin that may be left to has begun to read', FIRST_READS, ARRIVED, SETTLED],
  ['a settled twin is no longer helped', NEWCOMER, SETTLED],
  ['connections a process let go of are found while it may do so, more than once', 2 * SWEEP_EVERY, LETS_GO],
  ['what we took keeps its cell at its process until it was looked for', LETS_GO + SWEEP_EVERY, SCANNED],
  ['sockets are kept until what came in by them is answered', LAST_ANSWER, ANSWERS_DUE],
  ['a former peer is dead before its silence could be a pause of the machine', 5 * SILENT, LOST],
  [
    'a process that waits for a successor looks more than once before a word would be due',
    SUCCESSOR_LOOK,
    WORD_DUE,
  ],
  ['a newcomer that was not welcomed has given up before it dials again', WELCOME_DUE, REDIAL.primary],
  ['a twin that is slow to start is met anew only after it has had its time', 2 * WELCOME_DUE, SHOWN_BY],
  [
    'both do not dial each other in the same instant again and again',
    REDIAL.primary + BEAT_EVERY,
    REDIAL.secondary,
  ],
  ['a process whose work was taken is gone before its silence would be one', QUIET, SILENT],
  ['an acting process that hangs is replaced within a second', ELECTION_SILENCE + SWEEP_EVERY, 1000],
  [
    'a beat of a twin that rests may be late by one, and its process may be busy',
    2 * REDIAL.secondary,
    RESTS,
  ],
];

for (const [why, ...ascending] of orders)
  test(why, () => {
    assert.ok(
      ascending.every((value) => Number.isInteger(value) && value > 0),
      'milliseconds',
    );
    assert.deepEqual(
      [...ascending].sort((a, b) => a - b),
      ascending,
    );
  });

test('each period is a whole number of looks', () => {
  for (const period of [UNREAD, SWEEP_EVERY, RESTS_AFTER]) assert.equal(period % BEAT_EVERY, 0);
});
