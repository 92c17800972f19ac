// hang.test — a query its process is slow with is left to it; one it hangs on is refused by the twin, which does not read it;
// and one whose process gets no processor is answered by the twin.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Endpoint, type Slot, slots } from '../../../src/config.ts';
import { startDemoUpstream } from '../../../src/demo/upstream.ts';
import { NXDOMAIN, SERVFAIL } from '../../../src/message/message.ts';
import { askTcp, askUdp } from '../../lab/client.ts';
import { limitCpu } from '../../lab/cpu-quota.ts';
import { freePort, twoFreePorts } from '../../lab/free-port.ts';
import { parseMessage } from '../../lab/message.ts';
import { checkout, Program } from '../../lab/program.ts';
import { buildQuery } from '../../lab/wire.ts';

const asking = { udp: askUdp, tcp: (endpoint: Endpoint, query: Uint8Array) => askTcp(endpoint, query) };

/** @param slow those that read some names slowly; see slow-reader */
async function startPair(
  t: TestContext,
  slow: readonly Slot[] = slots,
  limit: (pid: number) => void = () => {},
): Promise<Endpoint> {
  const upstream = await startDemoUpstream();
  t.after(() => upstream.stop());
  const [port, admin] = [await freePort(), await twoFreePorts()];
  const programs = slots.map((slot, i) =>
    Program.start(t, [
      process.execPath,
      ...(slow.includes(slot) ? ['--import', `${checkout}dist/test/lab/slow-reader.js`] : []),
      ...[`${checkout}dist/src/main.js`, 'run', `--slot=${slot}`, `--port=${port}`],
      ...[`--admin=127.0.0.1:${admin + i}`, '--log-format=text', '--upstream=/dev/null'],
      `--cluster-dns=127.0.0.1:${upstream.endpoint.port}`,
    ]),
  );
  for (const program of programs) for (const word of [/listening/, /twin found/]) await program.says(word);
  for (const { pid } of programs) limit(pid);
  return { address: '127.0.0.1', port };
}

test('one that takes 400 ms to be read is answered by whoever reads it', async (t) => {
  const endpoint = await startPair(t);
  for (let i = 0; i < 4; i++) assert.equal(await rcodeOf(endpoint, `busy-400-${i}.cluster.local`), NXDOMAIN);
});

for (const transport of ['udp', 'tcp'] as const) {
  test(`one whose process is kept from running is answered by the twin, over ${transport}`, async (t) => {
    const endpoint = await startPair(t, ['primary']);
    let worst = 0;
    for (let i = 0; worst < 90 && i < 64; i++) {
      const started = performance.now();
      assert.equal(await rcodeOf(endpoint, `sleep-3000-${i}.cluster.local`, transport), NXDOMAIN);
      worst = Math.max(worst, performance.now() - started);
    }
    assert.ok(worst > 90 && worst < 900, `${worst} ms`);
  });
}

// Over TCP sooner: the twin takes the connection, and whoever has it knows who had the query in hand.
for (const [transport, soonest] of [
  ['udp', 900],
  ['tcp', 90],
] as const) {
  test(`one that would be read for ever is refused, and the twin answers others, over ${transport}`, async (t) => {
    const endpoint = await startPair(t);
    const started = performance.now();
    const refused = rcodeOf(endpoint, 'busy-4000-x.cluster.local', transport).then((rcode) => ({
      rcode,
      took: performance.now() - started,
    }));
    for (let i = 0; performance.now() < started + 900; i++)
      assert.equal(await rcodeOf(endpoint, `other-${i}.cluster.local`), NXDOMAIN);
    const { rcode, took } = await refused;
    assert.equal(rcode, SERVFAIL);
    assert.ok(took > soonest && took < 3000, `${took} ms`);
  });
}

test('also where each of the two may run 15 of 100 ms the query is found that one hangs on', async (t) => {
  const endpoint = await startPair(t, slots, (pid) => limitCpu(t, pid, 15, 100));
  const hangs = buildQuery({ name: 'busy-60000-x.cluster.local' });
  assert.equal(parseMessage(await askUdp(endpoint, hangs, { timeoutMs: 15_000 })).rcode, SERVFAIL);
  for (let i = 0; i < 20; i++) assert.equal(await rcodeOf(endpoint, `other-${i}.cluster.local`), NXDOMAIN);
});

async function rcodeOf(
  endpoint: Endpoint,
  name: string,
  transport: keyof typeof asking = 'udp',
): Promise<number> {
  return parseMessage(await asking[transport](endpoint, buildQuery({ name }))).rcode;
}
