// hostile-input.test — what strangers throw at the port delays nobody, takes no memory, and goes no further.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { TcpClient, UdpClient } from '../lab/client.ts';
import { hostileMessage } from '../lab/hostile-message.ts';
import { MeasuredResolver } from '../lab/measured-resolver.ts';
import { addresses, nameText, parseMessage } from '../lab/message.ts';
import { a } from '../lab/records.ts';
import { ScriptedUpstream } from '../lab/scripted-upstream.ts';
import { replying } from '../lab/scripts.ts';
import { buildQuery } from '../lab/wire.ts';

const datagrams = 20_000;
const slowClients = 100;
/** The promise. */
const longestStall = 50;
const allowedGrowth = 50 * 2 ** 20;
const good = Array.from({ length: 20 }, (_, i) => `good-${i}.example`);

/** Asks for cached names over UDP and TCP, one after the other, until told to stop; every one must be answered. */
class GoodClient {
  answered = 0;
  #goOn = true;
  readonly #done: Promise<void>[];

  constructor(clients: readonly (UdpClient | TcpClient)[]) {
    this.#done = clients.map((client) => this.#ask(client));
  }

  async stop(): Promise<void> {
    this.#goOn = false;
    await Promise.all(this.#done);
  }

  async #ask(client: UdpClient | TcpClient): Promise<void> {
    for (let id = 1; this.#goOn; id = (id + 1) & 0xffff) {
      client.send(buildQuery({ id, name: good[id % good.length]! }));
      const reply = parseMessage(await client.next(2000));
      assert.equal(reply.id, id);
      assert.deepEqual(addresses(reply), ['192.0.2.1']);
      this.answered++;
      await setTimeout(2); // one of many pods, not a load
    }
  }
}

test('20,000 hostile datagrams and 100 slow connections stall nobody', { timeout: 40_000 }, async (t) => {
  const upstream = await ScriptedUpstream.start(replying({ answer: [a('192.0.2.1', { ttl: 80_000 })] }));
  t.after(() => upstream.stop());
  const resolver = await MeasuredResolver.start(t, upstream.endpoint, { measureStalls: true });
  const { endpoint } = resolver;
  const udp = await UdpClient.open(endpoint);
  const tcp = await TcpClient.open(endpoint, '127.0.0.2'); // the slow ones use up what one source may have
  t.after(() => Promise.all([udp.close(), tcp.close()]));
  for (const name of [...good, ...good]) {
    udp.send(buildQuery({ name }));
    await udp.next();
  }
  const before = await resolver.figures(true);
  const asker = new GoodClient([udp, tcp]);

  const slow = await Promise.all(Array.from({ length: slowClients }, () => TcpClient.open(endpoint)));
  t.after(() => {
    for (const client of slow) client.close();
  });
  const giant = Buffer.alloc(65_537, 0xff); // a frame of 65535 octets of garbage
  for (const [i, client] of slow.entries()) client.raw(i % 4 === 0 ? giant : Buffer.of(0xff, 0xff, i));
  const dripping = setInterval(() => {
    for (const client of slow) client.raw(Buffer.of(0xc0));
  }, 100);
  t.after(() => clearInterval(dripping));

  const socket = createSocket('udp4');
  socket.connect(endpoint.port, endpoint.address);
  await once(socket, 'connect');
  t.after(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  let replies = 0;
  socket.on('message', () => replies++);
  for (let i = 0; i < datagrams; i++) {
    socket.send(hostileMessage(i));
    if (i % 32 === 31) await setImmediate(); // the good client and the replies get their turn
  }
  // A frame may take five seconds to arrive, however slowly it drips: then the connection is closed.
  await Promise.all(slow.map((client) => client.closed(8000)));
  await asker.stop();

  const during = await resolver.figures(false);
  const after = await resolver.figures(true);
  const { events } = after;
  t.diagnostic(
    `longest stall ${during.stallMs.toFixed(1)} ms, ${asker.answered} good queries, ${replies} replies`,
  );
  t.diagnostic(`RSS ${((during.rss - before.rss) / 2 ** 20).toFixed(1)} MiB more`);
  const received = events.datagrams - before.events.datagrams;
  assert.ok(received > datagrams, `${received} datagrams arrived`);
  assert.ok(
    replies > datagrams / 2 && replies < datagrams,
    `${replies} replies: FORMERR to most, silence to some`,
  );
  assert.ok(asker.answered > 1000, `${asker.answered} good queries`);
  assert.ok(during.stallMs < longestStall, `a stall of ${during.stallMs} ms`);
  assert.ok(during.rss - before.rss < allowedGrowth, `${during.rss - before.rss} bytes of RSS`);
  assert.equal(events.panics, 0);
  assert.ok(events.tcpReadTimeouts > 0, 'slow connections were ended by the resolver');
  const asked = [...new Set(upstream.log.map(({ name }) => nameText(name)))].sort();
  assert.deepEqual(asked, [...good].sort());
});
