// last-minute.test — the last minute is told, not all since the start.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LastMinute } from '../../src/admin/last-minute.ts';
import { Counters } from '../../src/counters.ts';
import { SERVFAIL } from '../../src/message/message.ts';

test('what is older than a minute is not told', () => {
  const counters = new Counters(['.']);
  const zone = counters.zones.find((one) => one.zone === '.')!;
  const stallSeconds = { throttled: 0, starved: 0, stopped: 0, busy: 0 };
  let noted = { deaths: 0, isAlone: false, drops: 0 as number | null, stallSeconds };
  const minute = new LastMinute(counters, () => noted, 0);
  const count = (queries: number, servfail: number) => {
    zone.requests[0]! += queries;
    zone.responses[0]! += queries - servfail;
    zone.responses[SERVFAIL]! += servfail;
    zone.cacheHits[0]! += queries - servfail;
    zone.servedStale[0]! += servfail;
  };
  count(100, 10);
  noted = { deaths: 2, isAlone: true, drops: 7, stallSeconds: { ...stallSeconds, throttled: 1.5 } };
  zone.notKept[0]! += 4;
  const early = minute.status(3000);
  assert.deepEqual(early.zones, [
    { zone: '.', answers: 100, servfail: 10, stale: 10, notKept: { ttl_0: 4 } },
  ]);
  assert.deepEqual(early.stallSeconds, { throttled: 1.5 });
  const { seconds, queries, hits, servfail, drops, twinDeathsInHour } = early;
  assert.deepEqual([seconds, queries, hits, servfail, drops, twinDeathsInHour], [3, 100, 90, 10, 7, 2]);
  for (let at = 0; at <= 120_000; at += 200) minute.tick(at);
  const quiet = minute.status(121_000);
  assert.deepEqual([quiet.queries, quiet.servfail, quiet.drops, quiet.zones], [0, 0, 0, []]);
  assert.ok(quiet.seconds >= 60 && quiet.seconds <= 65, String(quiet.seconds));
  assert.deepEqual([quiet.twinDeathsInHour, early.aloneSeconds, quiet.aloneSeconds], [2, 0, 116]);
  count(5, 0);
  assert.deepEqual(minute.status(122_000).zones, [
    { zone: '.', answers: 5, servfail: 0, stale: 0, notKept: {} },
  ]);
  for (let at = 122_000; at <= 3_800_000; at += 5000) minute.tick(at);
  assert.equal(minute.status(3_800_000).twinDeathsInHour, 0);
  noted = { ...noted, isAlone: false, drops: null };
  const { drops: untold, aloneSeconds } = minute.status(3_800_000);
  assert.deepEqual([untold, aloneSeconds], [null, null]);
});
