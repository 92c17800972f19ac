// ledger.test — each way a query can fare is told from the others, and the load's own stalls are no delays of answers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ledger } from '../../../chaos/load/ledger.ts';

test('answered once, twice, wrongly, late and never are told apart', () => {
  const ledger = new Ledger();
  const [once, twice, wrong, late] = [0, 1, 2, 3].map((at) => ledger.sent(at, 100)) as [
    number,
    number,
    number,
    number,
  ];
  const never = ledger.sent(4, 100);
  ledger.answered(once, 10, true);
  for (const at of [11, 12]) ledger.answered(twice, at, true);
  ledger.answered(wrong, 12, false);
  ledger.answered(late, 200, true);
  assert.equal(never, 4);
  assert.equal(ledger.open, 1);
  assert.deepEqual(ledger.lostAt(), [4]);
  assert.deepEqual(ledger.account(), {
    ...{ sent: 5, once: 3, twice: 1, wrong: 1, never: 1, late: 1 },
    ...{ p50: 10, p999: 197, worst: 197 },
  });
});

test('an answer that comes twice counts with its first delay, and a wrong one stays wrong', () => {
  const ledger = new Ledger();
  const query = ledger.sent(0, 100);
  ledger.answered(query, 5, false);
  ledger.answered(query, 500, true);
  assert.deepEqual(ledger.account(), {
    ...{ sent: 1, once: 0, twice: 1, wrong: 1, never: 0, late: 0 },
    ...{ p50: 5, p999: 5, worst: 5 },
  });
});

test('a stall of the load is taken off the delays it is part of, and off no others', () => {
  const ledger = new Ledger();
  const [before, during, after] = [0, 950, 2000].map((at) => ledger.sent(at, 100)) as [
    number,
    number,
    number,
  ];
  ledger.answered(before, 150, true);
  ledger.stalled(1000, 1400);
  ledger.answered(during, 1430, true);
  ledger.answered(after, 2010, true);
  const delays: number[] = [];
  ledger.forEach((_, delay) => {
    delays.push(delay);
  });
  assert.deepEqual(delays, [150, 80, 10]);
  assert.equal(ledger.account().late, 1);
});

test('queries without a due time are never late and, where others have one, not in the delays', () => {
  const ledger = new Ledger();
  ledger.answered(ledger.sent(0), 9000, true);
  assert.deepEqual([ledger.account().late, ledger.account().worst], [0, 9000]);
  ledger.answered(ledger.sent(9000, 50), 9020, true);
  assert.deepEqual([ledger.account().late, ledger.account().worst, ledger.account().once], [0, 20, 2]);
});

test('nothing sent and nothing answered are numbers, too', () => {
  const ledger = new Ledger();
  assert.deepEqual(Object.values(ledger.account()), [0, 0, 0, 0, 0, 0, 0, 0, 0]);
  ledger.sent(0);
  assert.deepEqual(ledger.account(), {
    ...{ sent: 1, once: 0, twice: 0, wrong: 0, never: 1, late: 0 },
    ...{ p50: 0, p999: 0, worst: 0 },
  });
});
