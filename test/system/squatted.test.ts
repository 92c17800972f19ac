// squatted.test — a local user who takes both slots' names and the admin port first keeps no instance from serving DNS.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slots } from '../../src/config.ts';
import { slotName } from '../../src/options/slot.ts';
import { askUdp } from '../lab/client.ts';
import { freePort, twoFreePorts } from '../lab/free-port.ts';
import { Program, twindns } from '../lab/program.ts';
import { buildQuery } from '../lab/wire.ts';

test('names and admin port of another user: DNS is served, each is an error line, and numbers tell', async (t) => {
  const [port, admin, health] = [await freePort(), await twoFreePorts(), await freePort()];
  const names = slots.map((slot) => slotName(['127.0.0.1'], port, slot));
  const script = `const { listenChannel, listenTcp } = await import('node-reuseport');
    process.setuid(65534);
    ${JSON.stringify(names)}.forEach((name) => listenChannel(name));
    listenTcp({ address: '127.0.0.1', port: ${admin}, reusePort: false });
    console.log('has them');
    setInterval(() => {}, 1000);`;
  const squatter = Program.start(t, [process.execPath, '--input-type=module', '-e', script]);
  await squatter.says(/has them/);
  const flags = [`--port=${port}`, `--admin=127.0.0.1:${admin}`, `--health=127.0.0.1:${health}`];
  const instance = Program.start(t, [...twindns, 'run', ...flags, '--upstream=192.0.2.1', '--no-custody']);
  await instance.says(/"msg":"listening"/);
  assert.match(instance.said, /"level":"error".*"uid":65534.*taken the name of this slot/);
  assert.match(instance.said, /"level":"error".*DNS is served without this port/);
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${health}${path}`)).text();
  assert.equal(await get('/ready'), 'OK\n');
  const { slot, slotNameTakenBy, ports } = JSON.parse(await get('/status'));
  assert.deepEqual([slot, slotNameTakenBy, ports[0].served], ['primary', 65534, false]);
  assert.match(await get('/metrics'), /^twindns_slot_name_taken 1$/m);
  await askUdp({ address: '127.0.0.1', port }, buildQuery({ name: 'a.test', type: 251 }));
});
