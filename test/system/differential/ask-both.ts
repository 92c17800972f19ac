// ask-both — one query to both servers at the same time, and their replies.

import { TcpClient, UdpClient } from '../../lab/client.ts';
import { parseMessage } from '../../lab/message.ts';
import { buildQuery } from '../../lab/wire.ts';
import type { Reply } from './compare.ts';
import type { Query } from './queries.ts';

export interface Both {
  readonly coredns: Reply;
  readonly twindns: Reply;
}

/** Milliseconds until no answer is silence; where one server alone is silent both are asked again and get the longer time. */
const [SHORT, LONG] = [1000, 5000];

export async function askBoth(coredns: string, twindns: string, query: Query): Promise<Both> {
  for (const patience of [SHORT, LONG]) {
    const [theirs, ours] = await Promise.all([ask(coredns, query, patience), ask(twindns, query, patience)]);
    if ((theirs === 'silence') === (ours === 'silence') || patience === LONG)
      return { coredns: theirs, twindns: ours };
  }
  throw new Error('unreachable');
}

// ---------------------------------------------------------------------------------------------------------------------

async function ask(address: string, query: Query, patience: number): Promise<Reply> {
  const endpoint = { address, port: query.port };
  const client = await (query.transport === 'udp' ? UdpClient : TcpClient)
    .open(endpoint, query.client)
    .catch(() => undefined);
  if (client === undefined) return 'silence';
  try {
    client.send(buildQuery(query));
    const bytes = await client.next(patience).catch(() => undefined);
    return bytes === undefined ? 'silence' : parse(bytes);
  } finally {
    await client.close();
  }
}

function parse(bytes: Buffer): Reply {
  try {
    return parseMessage(bytes);
  } catch {
    return 'malformed';
  }
}
