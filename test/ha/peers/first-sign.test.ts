// first-sign.test — the first thing that comes to any socket of a twin is told, once, also if it was there before.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Arena, close, connectTcp, connectUdp, read, write } from 'node-reuseport';
import { FirstSign } from '../../../ha/peers/first-sign.ts';
import { openAt } from '../../lab/endpoints.ts';
import { freePort } from '../../lab/free-port.ts';
import { holdingsOf } from '../../lab/holdings.ts';

async function startWatch(t: TestContext) {
  const port = await freePort();
  const sockets = openAt(['127.0.0.1'], port);
  const holdings = holdingsOf('secondary', new Arena({ ring: 8, parked: 4 }), { sockets });
  const seen = { signs: 0 };
  const firstSign = new FirstSign(() => seen.signs++);
  const client = connectUdp({ address: '127.0.0.1', port });
  t.after(() => {
    firstSign.stop();
    holdings.close();
    close(client);
  });
  const send = () => write(client, Buffer.from('x'), 0, 1);
  const receive = () => read(sockets[0]!.udp, new Uint8Array(9), 0, 9);
  const signs = async () => {
    await pause(5);
    return seen.signs;
  };
  return { port, holdings, firstSign, send, receive, signs };
}

test('a datagram is told once until it is waited for again, and what is there by then at once', async (t) => {
  const { holdings, firstSign, send, receive, signs } = await startWatch(t);
  assert.equal(firstSign.await(holdings), true);
  assert.equal(await signs(), 0);
  send();
  assert.equal(await signs(), 1);
  send();
  assert.equal(await signs(), 1);
  firstSign.await(holdings);
  assert.equal(await signs(), 2);
  while (receive() > 0);
  firstSign.await(holdings);
  assert.equal(await signs(), 2);
  send();
  assert.equal(await signs(), 3);
});

test('a connection is told, too', async (t) => {
  const { port, holdings, firstSign, signs } = await startWatch(t);
  firstSign.await(holdings);
  const connection = connectTcp({ address: '127.0.0.1', port });
  t.after(() => close(connection));
  assert.equal(await signs(), 1);
});

test('nothing is told of another twin any more', async (t) => {
  const { holdings, firstSign, send, signs } = await startWatch(t);
  firstSign.await(holdings);
  firstSign.keepTo(undefined);
  send();
  assert.equal(await signs(), 0);
});
