// parts.test — of what a twin hands over a part takes a descriptor of its own kind, and nothing that could be waited for.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bindUdp, close, openNetlink } from 'node-reuseport';
import { NETLINK_NETFILTER } from '../../../ha/node/nftables/numbers.ts';
import { partsOf } from '../../../ha/node/parts.ts';
import type { WantedState } from '../../../ha/node/wanted-state.ts';

const wanted: WantedState = {
  interface: { name: 'nodelocaldns', type: 'tun' },
  rules: 'nftables',
  addresses: ['169.254.20.10'],
  port: 53,
  healthPorts: [],
  keep: false,
};

/** Reading it waits, for as long as it is not written to. */
function pipe(t: TestContext): number {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-'));
  t.after(() => rmSync(folder, { recursive: true }));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  return openSync(join(folder, 'pipe'), constants.O_RDWR);
}

test('what is no netlink socket of the rules, and no TUN device, is taken by no part', async (t) => {
  const others = [
    pipe(t),
    bindUdp({ address: '127.0.0.1', port: 0 }),
    openNetlink(0, 0),
    openSync('/dev/zero', 'r'),
  ];
  t.after(() => others.forEach(close));
  for (const fd of others) {
    const { all } = await partsOf(wanted, { interface: fd, rules: fd });
    for (const part of all) {
      assert.ok(!part.descriptors.includes(fd), part.name);
      part.release();
    }
  }
});

test('a netlink socket of the rules is taken', async () => {
  const fd = openNetlink(NETLINK_NETFILTER, 0);
  const { all } = await partsOf(wanted, { rules: fd });
  assert.deepEqual(
    all.map(({ descriptors }) => descriptors),
    [[], [fd]],
  );
  for (const part of all) part.release();
});
