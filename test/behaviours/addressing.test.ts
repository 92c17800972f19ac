// addressing.test — answers come from the address that was asked, and from no other (section P).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askTcp, askUdp } from '../lab/client.ts';
import { addresses, parseMessage } from '../lab/message.ts';
import { startLab } from '../lab/resolver.ts';
import { buildQuery } from '../lab/wire.ts';

const query = buildQuery({ name: 'x.example' });

test('each address listened on answers from itself, over UDP and TCP, IPv6 too', async (t) => {
  const listen = ['127.0.0.1', '127.0.0.20', '::1'];
  const { endpoint } = await startLab(t, { config: { listen } });
  for (const address of listen) {
    // Connected sockets: a reply from another address would not be heard.
    for (const ask of [askUdp, askTcp]) {
      const reply = parseMessage(await ask({ address, port: endpoint.port }, query));
      assert.deepEqual(addresses(reply), ['192.0.2.1']);
    }
  }
});

test('other addresses of the machine do not answer', async (t) => {
  const { endpoint } = await startLab(t, { config: { listen: ['127.0.0.20'] } });
  for (const ask of [askUdp, askTcp]) {
    await assert.rejects(ask({ address: '127.0.0.1', port: endpoint.port }, query), /ECONNREFUSED/);
  }
});

test('a stopped resolver has left its port', async (t) => {
  const lab = await startLab(t);
  await lab.ask('x.example');
  const client = await lab.tcp();
  await lab.resolver.stop();
  await client.closed();
  await assert.rejects(askUdp(lab.endpoint, query), /ECONNREFUSED/);
  await assert.rejects(askTcp(lab.endpoint, query), /ECONNREFUSED/);
});

test('an address that cannot be bound is an error with its code, and leaves nothing open', async (t) => {
  const lab = await startLab(t);
  const bad = { listen: ['127.0.0.21', '203.0.113.999'] };
  await assert.rejects(startLab(t, { config: { ...bad, port: lab.endpoint.port } }));
  await assert.rejects(askTcp({ address: '127.0.0.21', port: lab.endpoint.port }, query), /ECONNREFUSED/);
  assert.deepEqual(addresses(await lab.ask(query)), ['192.0.2.1']);
});
