// shared-port.test — two instances on one port share its clients: the kernel gives each about half of the source ports.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askTcp, askUdp } from '../lab/client.ts';
import { freePort } from '../lab/free-port.ts';
import { type Instance, startInstance } from '../lab/instance.ts';
import { addresses, parseMessage } from '../lab/message.ts';
import { ScriptedUpstream } from '../lab/scripted-upstream.ts';
import { buildQuery } from '../lab/wire.ts';

const sourcePorts = 1000;
/** At a time: an instance takes 128 connections of one source. */
const atOnce = 50;

for (const transport of ['udp', 'tcp'] as const) {
  test(`two instances get 30 to 70 % of ${sourcePorts} source ports each over ${transport}`, {
    timeout: 30_000,
  }, async (t) => {
    const upstream = await ScriptedUpstream.start();
    t.after(() => upstream.stop());
    const port = await freePort();
    const args = [`--port=${port}`, `--upstream=127.0.0.1:${upstream.endpoint.port}`];
    const instances = [await startInstance(t, args), await startInstance(t, args)];
    const queries = (instance: Instance) => instance.status().then((status) => status.queries);
    assert.deepEqual(await Promise.all(instances.map(queries)), [0, 0]);

    let started = 0;
    const asker = async () => {
      while (started < sourcePorts) {
        const query = buildQuery({ id: started++, name: 'shared.example' });
        const endpoint = { address: '127.0.0.1', port };
        const reply = parseMessage(await (transport === 'udp' ? askUdp : askTcp)(endpoint, query));
        assert.equal(reply.id, query.readUInt16BE(0));
        assert.deepEqual(addresses(reply), ['192.0.2.1']);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, asker));

    const shares = await Promise.all(instances.map(queries));
    assert.equal(shares[0]! + shares[1]!, sourcePorts);
    assert.ok(Math.min(...shares) >= 0.3 * sourcePorts, `${shares}`);
    t.diagnostic(`${transport}: ${shares.join(' + ')}`);
  });
}
