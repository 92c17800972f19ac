// tcp-owed.test — clients that ask for a lot and read nothing: what is composed for them has a bound, and others are served.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { close, connectTcp, ECONNRESET, read, write } from 'node-reuseport';
import { txt } from '../lab/records.ts';
import { type Lab, startLab } from '../lab/resolver.ts';
import { Gate, plain, replying } from '../lab/scripts.ts';
import { buildQuery, frame, types } from '../lab/wire.ts';

const strings = Array.from({ length: 230 }, () => 'y'.repeat(255));
const name = (group: number) => `big-${group}.cluster.local`;
const big = replying(({ type }) => (type === types.TXT ? { answer: [txt({}, ...strings)] } : {}));

const GROUPS = 8;
const CONNECTIONS = 12;
const TIMES = 200;
/** Bytes of the longest answer. */
const LONGEST = 60_000;

/** Connections from one address, each asking for one name so many times; they read nothing. */
function ask(t: TestContext, lab: Lab, connections: number, times: number): number[] {
  const { address, port } = lab.endpoint;
  return Array.from({ length: connections }, (_, i) => {
    const query = (id: number) => frame(buildQuery({ id, name: name(i % GROUPS), type: types.TXT }));
    const bytes = Buffer.concat(Array.from({ length: times }, (_, id) => query(id)));
    const fd = connectTcp({ address, port, receiveBuffer: 4096 });
    t.after(() => close(fd));
    void until(() => write(fd, bytes, 0, bytes.length) === bytes.length, 'it is sent');
    return fd;
  });
}

/** What is said at the end of what has come. */
function drain(fd: number): number {
  const buffer = Buffer.alloc(1 << 16);
  for (;;) {
    const length = read(fd, buffer, 0, buffer.length);
    if (length <= 0) return length;
  }
}

async function until(holds: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 10_000;
  while (!holds()) {
    assert(performance.now() < end, `not within 10 s: ${what}`);
    await turn();
  }
}

test('however many connections ask and do not read, what they are owed has a bound, and others are answered', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, { cluster: gate.before(big, () => true), upstreams: [plain] });
  const { counters } = lab.resolver;
  const status = () => lab.resolver.status();
  const { tcpOwed } = lab.table.context.budget;
  let most = 0;
  t.mock.method(tcpOwed, 'take', (amount: number) => {
    tcpOwed.held += amount;
    most = Math.max(most, tcpOwed.held);
  });
  ask(t, lab, CONNECTIONS, TIMES);
  await until(() => status().queries === CONNECTIONS * TIMES, 'all wait');
  gate.open();
  await until(() => counters.events.tcpOverflowClosed === CONNECTIONS, 'each is closed');
  assert(most > LONGEST && most <= tcpOwed.most, `${most} bytes`);
  assert.deepEqual([tcpOwed.held, tcpOwed.refused], [0, CONNECTIONS]);
  const other = await lab.tcp('127.0.0.3');
  other.send(buildQuery({ id: 5, name: 'other.example' }));
  assert.equal((await other.next()).readUInt16BE(0), 5);
});

test('what the kernel holds for clients that do not read has a bound', async (t) => {
  const lab = await startLab(t, { cluster: big });
  const { tcpBuffers } = lab.table.context.budget;
  const { counters } = lab.resolver;
  Object.assign(tcpBuffers, { most: 1 << 20 });
  for (let group = 0; group < GROUPS; group++) await lab.ask({ name: name(group), type: types.TXT }, 'tcp');
  const asking = ask(t, lab, 24, 20);
  await until(() => counters.events.tcpOverflowClosed > 0, 'those for which most is held end');
  assert(tcpBuffers.held <= tcpBuffers.most, `${tcpBuffers.held} bytes`);
  assert(tcpBuffers.refused > 0 && lab.table.count > 0, 'only some end');
  // Nothing is kept of those for a client that might read it later.
  const resets = asking.map(drain).filter((end) => end === -ECONNRESET).length;
  assert.equal(resets, counters.events.tcpOverflowClosed);
});
