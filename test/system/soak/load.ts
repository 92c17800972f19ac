// load — everything a node's pods do to a resolver at once, and some of what they should not; each kind in a loop.

import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint } from '../../../src/config.ts';
import { TcpClient, UdpClient } from '../../lab/client.ts';
import { hostileMessage } from '../../lab/hostile-message.ts';
import { nameText } from '../../lab/message.ts';
import { a, manyAddresses, soa } from '../../lab/records.ts';
import type { Script } from '../../lab/scripts.ts';
import { buildQuery, buildReply, flags, rcodes } from '../../lab/wire.ts';

/** What the upstream says goes by the name's first label: `big-7.example` gets 1000 addresses. */
export const upstreamScript: Script = async ({ bytes, name, transport }) => {
  const kind = nameText(name).split('-')[0];
  if (kind === 'none')
    return buildReply(bytes, { rcode: rcodes.NXDOMAIN, authority: [soa({ owner: 'example' })] });
  if (kind === 'silent') return undefined;
  if (kind === 'big' && transport === 'udp') return buildReply(bytes, { flags: flags.TC });
  if (kind === 'big') return buildReply(bytes, { answer: manyAddresses(1000) });
  if (kind === 'slow') await delay(300);
  return buildReply(bytes, { answer: [a('192.0.2.1')] });
};

export interface Load {
  /** Answers heard so far, by kind. */
  readonly answered: Readonly<Record<string, number>>;
  /** Resolves when all loops have ended and all sockets are closed; rejects when one of them failed. */
  stop(): Promise<void>;
}

export function startLoad(endpoint: Endpoint): Load {
  let goOn = true;
  let serial = 0;
  const answered: Record<string, number> = {};

  /** `batch` queries, all their answers, a pause; over one UDP socket that is changed now and then. */
  async function overUdp(
    kind: string,
    batch: number,
    pauseMs: number,
    names = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    while (goOn) {
      const client = await UdpClient.open(endpoint);
      for (let round = 0; goOn && round < 100; round++) {
        for (let i = 0; i < batch; i++)
          client.send(buildQuery({ name: `${kind}-${serial++ % names}.example` }));
        for (let i = 0; i < batch; i++) await client.next(10_000);
        answered[kind] = (answered[kind] ?? 0) + batch;
        await delay(pauseMs);
      }
      await client.close();
    }
  }

  /** A connection with a few queries, ended by FIN or by RST, in the middle of a frame sometimes. */
  async function overTcp(): Promise<void> {
    for (let turn = 0; goOn; turn++) {
      const client = await TcpClient.open(endpoint);
      client.send(
        ...['hit', 'hit', 'big'].map((kind, id) => buildQuery({ id, name: `${kind}-${turn % 9}.example` })),
      );
      for (let i = 0; i < 3; i++) await client.next(10_000);
      answered.tcp = (answered.tcp ?? 0) + 3;
      if (turn % 3 === 0) await client.chunk(Buffer.of(1, 0, 7));
      if (turn % 2 === 0) client.reset();
      else client.close();
      await delay(10);
    }
  }

  async function junk(): Promise<void> {
    const client = await UdpClient.open(endpoint);
    for (let i = 0; goOn; i++) {
      client.send(hostileMessage(i));
      if (i % 5 === 4) await delay(10);
    }
    await client.close();
  }

  const loops = [
    overUdp('hit', 20, 5, 50),
    overUdp('miss', 10, 5),
    overUdp('none', 10, 10),
    overUdp('slow', 5, 0),
    overUdp('silent', 2, 100),
    overUdp('big', 1, 50),
    overTcp(),
    overTcp(),
    junk(),
  ];
  return {
    answered,
    async stop() {
      goOn = false;
      await Promise.all(loops);
    },
  };
}
