// ask — `twindns query`: asks one question as a client would and shows the answer, like a short dig.

import { TRUNCATED_RESPONSE } from 'dns-packet';
import type { Endpoint } from '../config.ts';
import { formatEndpoint } from '../config.ts';
import type { Call } from '../control/call-instance.ts';
import { askTcp, askUdp } from './ask-server.ts';
import { oldDataLines } from './old-data.ts';
import { type Asked, encodeQuery } from './question.ts';
import { decodeReply, isFailure, renderReply, replyFields } from './show-reply.ts';

export interface Ask extends Asked {
  readonly server: Endpoint;
  readonly tcp: boolean;
  readonly json: boolean;
}

/**
 * Whether a client can use the answer.
 * @param call instances of this machine that may be the ones which answer
 * @throws TwindnsError NO_ANSWER, NO_INSTANCE if nothing came back in time
 */
export async function ask(question: Ask, call: Call, print: (text: string) => void): Promise<boolean> {
  const query = encodeQuery(question);
  const start = performance.now();
  let transport: 'udp' | 'tcp' = question.tcp ? 'tcp' : 'udp';
  let bytes = await (question.tcp ? askTcp : askUdp)(query, question.server);
  if (transport === 'udp' && (bytes.readUInt16BE(2) & TRUNCATED_RESPONSE) !== 0) {
    transport = 'tcp';
    bytes = await askTcp(query, question.server);
  }
  const ms = Math.round((performance.now() - start) * 10) / 10;
  const server = formatEndpoint(question.server);
  const reply = decodeReply(bytes, server);
  const facts = { server, transport, ms, bytes: bytes.length };
  const old = await oldDataLines(reply, question, call);
  print(
    question.json
      ? `${JSON.stringify({ ...facts, ...replyFields(reply) }, null, 2)}\n`
      : renderReply(reply, [
          ...old,
          `${ms.toFixed(1)} ms from ${server} over ${transport}, ${bytes.length} bytes`,
        ]),
  );
  return !isFailure(reply);
}
