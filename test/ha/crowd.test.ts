// crowd.test — twins that come one after the other without end leave an instance no more to hold than a few would.

import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { Twin } from '../../ha/twin.ts';
import { FakeTwin } from '../lab/fake-twin.ts';
import { configAt, silentLog, startLab } from '../lab/resolver.ts';

/** How many descriptors of this process there are of each socket. */
function descriptorsOf(sockets: readonly number[]): number[] {
  const links = readdirSync('/proc/self/fd').map(linkOf);
  return sockets.map((fd) => links.filter((link) => link === linkOf(String(fd))).length);
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // the folder's own, by now
  }
}

test('of a hundred twins that serve and go, the last few are held, and further ones are refused', async (t) => {
  const lab = await startLab(t);
  const where = { listen: ['127.0.0.1'], port: lab.endpoint.port };
  const twin = new Twin({ ...configAt(where), slot: 'primary' }, silentLog);
  await twin.join();
  twin.serving(lab.handover);
  t.after(() => twin.stop());
  const shown: number[] = [];
  let refused = 0;
  for (let i = 0; i < 100; i++) {
    const fake = FakeTwin.call(t, where, 'secondary');
    const instance = `fake ${i}`;
    fake.say('join', { instance });
    while (fake.heard.length === 0) await new Promise((resolve) => setImmediate(resolve));
    if (fake.heard.includes('end')) refused++;
    else {
      const [sockets] = fake.serves(where.port, 'serving', { instance });
      shown.push(sockets!.udp);
      fake.hangUp();
    }
  }
  const held = descriptorsOf(shown).filter((count) => count > 1).length;
  assert.ok(refused > 50, `${refused} refused`);
  assert.ok(held > 0 && held < 45, `${held} held`);
});
