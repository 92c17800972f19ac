// ask — `twindns query`: asks one question as a client would and shows the answer, like a short dig.

import { TRUNCATED_RESPONSE } from 'dns-packet';
import type { Endpoint, Slot } from '../config.ts';
import { formatEndpoint } from '../config.ts';
import type { Call } from '../control/call-instance.ts';
import { askTcp, askUdp } from './ask-server.ts';
import { oldDataLines } from './old-data.ts';
import { type Asked, encodeQuery } from './question.ts';
import { decodeReply, isFailure, renderReply, replyFields } from './show-reply.ts';
import { answeringInstance, answeringText, expectFrom } from './who-answers.ts';

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
  const { bytes, transport, ms, sent, port, expecting } = await exchange(question, call);
  const server = formatEndpoint(question.server);
  const reply = decodeReply(bytes, server);
  const answering =
    port === undefined ? undefined : await answeringInstance(port, expecting, question, sent, call);
  const facts = { server, transport, ms, bytes: bytes.length };
  if (question.json) {
    const answeredBy = answering ?? null;
    print(`${JSON.stringify({ ...facts, answeredBy, ...replyFields(reply) }, null, 2)}\n`);
  } else {
    const remarks =
      answering === undefined ? await oldDataLines(reply, question, call) : [answeringText(answering)];
    const footer = `${ms.toFixed(1)} ms from ${server} over ${transport}, ${bytes.length} bytes`;
    print(renderReply(reply, [...remarks, footer]));
  }
  return !isFailure(reply);
}

// ---------------------------------------------------------------------------------------------------------------------

interface Exchanged {
  readonly bytes: Buffer;
  readonly transport: 'udp' | 'tcp';
  readonly ms: number;
  /** When it was asked, milliseconds of this process's clock. */
  readonly sent: number;
  /** From which it was asked; undefined where that says nothing: over TCP. */
  readonly port?: number;
  /** Instances that looked for it. */
  readonly expecting: readonly Slot[];
}

/** Over UDP, over TCP if the answer does not fit. */
async function exchange({ server, tcp, ...asked }: Ask, call: Call): Promise<Exchanged> {
  const query = encodeQuery(asked);
  let sent = performance.now();
  const took = () => Math.round((performance.now() - sent) * 10) / 10;
  if (tcp) return { bytes: await askTcp(query, server), transport: 'tcp', ms: took(), sent, expecting: [] };
  let port = 0;
  let expecting: readonly Slot[] = [];
  const bytes = await askUdp(query, server, undefined, async (from) => {
    port = from;
    expecting = await expectFrom(port, call);
    sent = performance.now();
  });
  if ((bytes.readUInt16BE(2) & TRUNCATED_RESPONSE) === 0)
    return { bytes, transport: 'udp', ms: took(), sent, port, expecting };
  return { bytes: await askTcp(query, server), transport: 'tcp', ms: took(), sent, expecting: [] };
}
