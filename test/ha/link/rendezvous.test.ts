// rendezvous.test — callers that want nothing take no place of the twin.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Rendezvous } from '../../../ha/link/rendezvous.ts';
import type { Config } from '../../../src/config.ts';
import { EventLoop } from '../../../src/loop/event-loop.ts';
import { FakeTwin } from '../../lab/fake-twin.ts';
import { freePort } from '../../lab/free-port.ts';
import { silentLog } from '../../lab/resolver.ts';

async function setUp(t: TestContext) {
  const config = { listen: ['127.0.0.1'], port: await freePort(), slot: 'primary' } as unknown as Config;
  const loop = new EventLoop((error) => assert.fail(String(error)));
  const said: string[] = [];
  const rendezvous = new Rendezvous(config, loop, silentLog, {
    message(channel, { type }) {
      rendezvous.met(channel);
      said.push(type);
    },
    binary() {},
    ended: (channel) => rendezvous.met(channel),
  });
  rendezvous.listen();
  t.after(() => {
    rendezvous.stop();
    loop.close();
  });
  return { config, said };
}

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => setImmediate(resolve));
};

test('of callers that say nothing a few are waited for, a moment, and one that does is heard', async (t) => {
  const { config, said } = await setUp(t);
  const silent = Array.from({ length: 6 }, () => FakeTwin.call(t, config, 'secondary'));
  for (const caller of silent.slice(0, 2)) await caller.hears('end');
  const twin = FakeTwin.call(t, config, 'secondary');
  twin.say('join');
  while (said.length === 0) await turns(1);
  for (const caller of silent) await caller.hears('end');
  assert.deepEqual([said, twin.heard], [['join'], []]);
});
