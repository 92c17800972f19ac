// taken.test — a pair does not start where a process has its port, whether or not it knows that as a pair.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { closeSockets } from '../../src/handover/sockets.ts';
import { claimSlot } from '../../src/options/slot.ts';
import { refuseTakenSlots } from '../../src/pair/taken.ts';
import { endpointsAt, openAt } from '../lab/endpoints.ts';
import { freePort } from '../lab/free-port.ts';

test('a port that another process has is refused, with another channel directory, too; one that is free is not', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'twindns-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const options = (port: number, ...listen: string[]) => ({ listen, port, 'channel-directory': directory });
  const [held, claimed, free] = [await freePort(), await freePort(), await freePort()];
  const refuse = (port: number, ...listen: string[]) =>
    refuseTakenSlots(options(port, ...listen), endpointsAt(listen, port));
  const sockets = openAt(['127.0.0.2', '::1'], held); // shared with any process of our user
  const claim = claimSlot({ listen: ['127.0.0.9'], port: claimed, channelDirectory: directory }, 'secondary');
  await Promise.all([
    assert.rejects(refuse(held, '127.0.0.1', '127.0.0.2'), {
      code: 'CANNOT_BIND',
      message: /cannot serve DNS at 127\.0\.0\.2:\d+: the port is taken.*--channel-directory/s,
    }),
    assert.rejects(refuse(held, '::1'), { code: 'CANNOT_BIND' }),
    assert.rejects(refuse(claimed, '127.0.0.1'), {
      code: 'CANNOT_BIND',
      message: /answers on port \d+ already/,
    }),
    refuse(held, '127.0.0.1'),
    refuse(free, '127.0.0.1', '::1'),
  ]);
  closeSockets(sockets);
  claim.release();
});
