// loop.test — a forward that leads back here is found out and told once, its questions are answered with SERVFAIL, and others are not
// taken for it.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Endpoint } from '../../src/config.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { TYPE_HINFO } from '../../src/upstream/loop-probes.ts';
import { askUdp } from '../lab/client.ts';
import { nameText } from '../lab/message.ts';
import { silentLog, startLab } from '../lab/resolver.ts';
import { failing, type Script } from '../lab/scripts.ts';
import { rcodes } from '../lab/wire.ts';

function watching(plan: Plan): Plan {
  const listeners = plan.listeners.map(({ at, zones }) => ({
    at,
    zones: zones.map(({ suffix, block }) => ({ suffix, block: { ...block, detectsLoops: true } })),
  }));
  return { ...plan, listeners };
}

/** What it says of a resolver whose servers do as in `upstream`, of which the endpoint is known only then. */
async function startLooked(t: TestContext, upstream: (resolver: () => Endpoint) => Script) {
  const errors: [string, Record<string, unknown>][] = [];
  const told = { resolve: () => {} };
  const lab = await startLab(t, {
    upstreams: [upstream(() => lab.endpoint)],
    plan: watching,
    log: {
      ...silentLog,
      error(text, fields = {}) {
        errors.push([text, fields]);
        told.resolve();
      },
    },
  });
  const isTold = new Promise<void>((resolve) => {
    told.resolve = resolve;
  });
  return { lab, errors, isTold };
}

test('a server that asks this one is a loop: it is told once for a plan', async (t) => {
  const { lab, errors, isTold } = await startLooked(
    t,
    (endpoint) =>
      ({ bytes }) =>
        askUdp(endpoint(), bytes, { timeoutMs: 3000 }),
  );
  lab.clock.skip(1);
  await isTold;
  lab.clock.skip(1);
  await lab.settled();
  const [[text, fields] = []] = errors;
  assert.match(text!, /^a loop: what is forwarded comes back here/);
  assert.equal(fields!.zone, '.');
  assert.deepEqual(fields!.servers, [`127.0.0.1:${lab.upstream.endpoint.port}`]);
  assert.equal(errors.length, 1);
});

test('none is told of servers that answer, nor of a client that asks for HINFO', async (t) => {
  const { lab, errors } = await startLooked(t, () => failing());
  lab.clock.skip(1);
  const [received] = await lab.upstream.received(1);
  assert.match(nameText(received!.name), /^[0-9a-f]{16}\.[0-9a-f]{16}$/);
  const { rcode } = await lab.ask({ name: 'host.example', type: TYPE_HINFO });
  assert.equal(rcode, rcodes.SERVFAIL);
  assert.deepEqual(errors, []);
});
