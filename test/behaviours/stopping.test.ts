// stopping.test — the only instance, told to stop, answers what is asked of it until what was asked before has its answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses } from '../lab/message.ts';
import { startLab } from '../lab/resolver.ts';
import { Gate, plain } from '../lab/scripts.ts';

const genuine = ['192.0.2.1'];

test('cached names are answered while it waits for an upstream, and those who waited get their answers', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, {
    upstreams: [gate.before(plain, ({ name }) => name.includes('slow'))],
    config: { drainTimeout: 5000 },
  });
  await lab.ask('cached.example');
  const slow = ['slow1.example', 'slow2.example'].map((name) => lab.ask(name));
  await lab.upstream.received(3);
  const stopped = lab.resolver.stop();
  for (const transport of ['udp', 'tcp', 'udp'] as const) {
    assert.deepEqual(addresses(await lab.ask('cached.example', transport, 1000)), genuine);
  }
  gate.open();
  for (const reply of await Promise.all(slow)) assert.deepEqual(addresses(reply), genuine);
  await stopped;
});
