// first-answer.test — a started instance says `listening` and answers at once; the bench measures how fast.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askTcp, askUdp } from '../lab/client.ts';
import { freePort } from '../lab/free-port.ts';
import { startInstance } from '../lab/instance.ts';
import { addresses, parseMessage } from '../lab/message.ts';
import { ScriptedUpstream } from '../lab/scripted-upstream.ts';
import { timed } from '../lab/timed.ts';
import { buildQuery } from '../lab/wire.ts';

/** Ten times the promise: this is a check of the order of things, on a machine that may be busy. */
const generousMs = 3000;

test('the first query after "listening" is answered, over UDP and over TCP', {
  timeout: 20_000,
}, async (t) => {
  const upstream = await ScriptedUpstream.start();
  t.after(() => upstream.stop());
  const endpoint = { address: '127.0.0.1', port: await freePort() };
  const args = [`--port=${endpoint.port}`, `--upstream=127.0.0.1:${upstream.endpoint.port}`];
  const { value: replies, ms } = await timed(
    (async () => {
      const { program } = await startInstance(t, args);
      const line = JSON.parse(program.said.split('\n').find((text) => text.includes('"listening"'))!);
      assert.deepEqual([line.msg, line.listen], ['listening', [`127.0.0.1:${endpoint.port}`]]);
      assert.ok(line.ms > 0 && line.ms < generousMs, `${line.ms} ms`);
      return [await askUdp(endpoint, buildQuery()), await askTcp(endpoint, buildQuery())];
    })(),
  );
  for (const reply of replies) assert.deepEqual(addresses(parseMessage(reply)), ['192.0.2.1']);
  assert.ok(ms < generousMs, `${ms} ms`);
});
