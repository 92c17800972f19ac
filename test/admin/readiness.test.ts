// readiness.test — an address that cannot be reached is a reason not to be ready, and never one to end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askReadiness } from '../../src/admin/readiness.ts';
import { askUdp } from '../../src/ask/ask-server.ts';

/** Of broadcasts, which the kernel refuses a socket that did not ask for them: as when there is no way to an address. */
const refused = { address: '255.255.255.255', port: 53 };

test('where the kernel refuses to connect, the reason says so', async () => {
  const outcome = await askReadiness([refused], () => 0);
  assert.ok(!outcome.ready);
  assert.match(
    outcome.reason,
    /^The resolver at 255\.255\.255\.255:53 over UDP is not ready: connect E(ACCES|NETUNREACH)/,
  );
});

test('a question to such an address ends with a sentence', async () => {
  await assert.rejects(askUdp(Buffer.alloc(12), refused), /no answer from 255\.255\.255\.255:53 over udp/);
});
