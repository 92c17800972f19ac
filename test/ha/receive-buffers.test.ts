// receive-buffers.test — an instance that may have large receive buffers gives them to a twin that may not.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { until } from '../../chaos/stage/until.ts';
import { freePort } from '../lab/free-port.ts';
import { type Instance, startInstance } from '../lab/instance.ts';

/** As the kernel accounts what is asked for: twice. */
const LARGE = 16 << 20;

const bufferOf = async ({ status }: Instance) => (await status()).listen[0]!.receiveBuffer;

test('the buffers of an instance without CAP_NET_ADMIN are enlarged by its twin, and stay so', {
  timeout: 30_000,
}, async (t) => {
  const limit = Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'));
  const args = [`--port=${await freePort()}`, '--upstream=192.0.2.1'];
  const without = ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin', '--'];
  const secondary = await startInstance(t, [...args, '--slot=secondary'], without);
  assert.equal(await bufferOf(secondary), Math.min(LARGE, 2 * limit), 'as large as the machine allows');
  const primary = await startInstance(t, [...args, '--slot=primary']);
  assert.ok((await until(async () => (await bufferOf(secondary)) === LARGE, 10_000)) !== undefined);
  assert.equal(await bufferOf(primary), LARGE);
  // The sockets outlive their process: a successor that may not either keeps what was given.
  secondary.program.child.kill('SIGKILL');
  await secondary.program.ended;
  const successor = await startInstance(t, [...args, '--slot=secondary'], without);
  assert.equal(await bufferOf(successor), LARGE);
});
