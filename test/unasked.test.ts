// unasked.test — an instance that was asked nothing says so once; probes are no queries.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Counters } from '../src/counters.ts';
import { warnIfUnasked } from '../src/unasked.ts';

test('one line after its time, unless a client has asked, or it has ended', async () => {
  const lines: string[] = [];
  const log = { warn: (line: string) => void lines.push(line) };
  const [probed, asked, ended] = [new Counters(['.']), new Counters(['.']), new Counters(['.'])];
  probed.zones[probed.probes]!.requests[0]! += 1;
  asked.zones[0]!.requests[0]! += 1;
  warnIfUnasked(asked, log, 1);
  warnIfUnasked(ended, log, 1)();
  await pause(20);
  assert.deepEqual(lines, []);
  warnIfUnasked(probed, log, 1);
  await pause(20);
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /^no query has come to this instance since it started/);
});
