// tcp-limits.test — TCP connections end: idle ones, slow ones, too many of them (section D).

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { TcpClient } from '../lab/client.ts';
import { addresses, parseMessage } from '../lab/message.ts';
import { type Lab, startLab } from '../lab/resolver.ts';
import { timed } from '../lab/timed.ts';
import { buildQuery, frame, rcodes, words } from '../lab/wire.ts';

/** Time passes ten times as fast for the server. */
const FASTER = 10;

async function hurriedLab(t: TestContext): Promise<Lab> {
  const lab = await startLab(t);
  const passing = setInterval(() => lab.clock.skip((FASTER - 1) * 0.05), 50);
  t.after(() => clearInterval(passing));
  return lab;
}

/** The server's seconds until it is closed. */
async function closing(lab: Lab, client: TcpClient): Promise<number> {
  const started = lab.clock.now();
  await client.closed(30_000 / FASTER);
  return (lab.clock.now() - started) / 1000;
}

describe('a connection is closed', { concurrency: true }, () => {
  test('when idle for 2 to 30 seconds', async (t) => {
    const lab = await hurriedLab(t);
    const client = await lab.tcp();
    client.send(buildQuery({ name: 'idle.example' }));
    await client.next();
    const seconds = await closing(lab, client);
    assert(seconds > 2 && seconds < 30, `${seconds} s`);
  });

  test('when it never asks anything', async (t) => {
    const lab = await hurriedLab(t);
    const seconds = await closing(lab, await lab.tcp());
    assert(seconds > 1 && seconds < 30, `${seconds} s`);
  });

  test('when more was announced than comes', async (t) => {
    const lab = await hurriedLab(t);
    const client = await lab.tcp();
    client.raw(Buffer.concat([words(500), buildQuery({ name: 'short.example' })]));
    const seconds = await closing(lab, client);
    assert(seconds > 1 && seconds < 16, `${seconds} s`);
    await assert.rejects(client.next(), /closed/);
    assert.deepEqual(lab.upstream.asked('short.example'), []);
  });

  for (const first of ['a good query', 'nothing']) {
    test(`within 16 seconds when it trickles, after ${first}`, async (t) => {
      const lab = await hurriedLab(t);
      const client = await lab.tcp();
      if (first !== 'nothing') {
        client.send(buildQuery({ name: 'first.example' }));
        await client.next();
      }
      const bytes = frame(buildQuery({ name: 'trickle.example' }));
      let at = 0;
      const trickle = setInterval(() => client.raw(bytes.subarray(at, ++at)), 900 / FASTER);
      const seconds = await closing(lab, client).finally(() => clearInterval(trickle));
      assert(seconds > 1 && seconds < 16, `${seconds} s`);
    });
  }
});

test('no time limit ends a connection on account of time in which we were stopped', async (t) => {
  const lab = await startLab(t);
  const client = await lab.tcp();
  client.send(buildQuery({ id: 1, name: 'before.example' }));
  await client.next();
  client.send(buildQuery({ id: 2, name: 'before.example' }));
  lab.clock.skip(11);
  lab.table.sweep(lab.clock.now());
  assert.equal((await client.next()).readUInt16BE(0), 2);
});

const crowd = 600;

async function fill(lab: Lab, from: string): Promise<TcpClient[]> {
  const opened = await Promise.allSettled(
    Array.from({ length: crowd }, () => TcpClient.open(lab.endpoint, from)),
  );
  return opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

test(`${crowd} idle connections from one source: others are served, and slots come back`, async (t) => {
  const lab = await startLab(t);
  const idle = await fill(lab, '127.0.0.2');
  lab.clock.skip(5.1);
  lab.table.sweep(lab.clock.now());
  const query = buildQuery({ name: 'others.example' });
  const other = await lab.tcp('127.0.0.3');
  other.send(query);
  assert.deepEqual(addresses(parseMessage(await other.next())), ['192.0.2.1']);
  assert(lab.resolver.status().tcpConnections < crowd, 'no limit for one source');
  const { value, ms } = await timed(lab.ask(query));
  assert.equal(value.rcode, rcodes.NOERROR);
  assert(ms < 100, `UDP took ${ms} ms`);
  for (const client of idle) client.close();
  const retry = async (left: number): Promise<Buffer> => {
    const client = await lab.tcp('127.0.0.2');
    client.send(query);
    return client.next().catch((error) => (left > 0 ? retry(left - 1) : Promise.reject(error)));
  };
  assert.deepEqual(addresses(parseMessage(await retry(50))), ['192.0.2.1']);
});
