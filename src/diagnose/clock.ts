// clock — whether this node's clock can be right: the root is signed for some days at a time, and a server tells the signature.

import { askTcp } from '../ask/ask-server.ts';
import { encodeQuery } from '../ask/question.ts';
import { parseEndpoint } from '../options/endpoint.ts';
import { type SignatureTimes, signatureTimes } from './reply-facts.ts';

export interface ClockLook extends SignatureTimes {
  /** Seconds since 1970, as this node has it. */
  readonly now: number;
  /** Which server told the signature. */
  readonly server: string;
}

/** Milliseconds. */
const PATIENCE = 1500;

/** Null where no server tells a signature: many strip them. */
export async function lookAtClock(servers: readonly string[], now: number): Promise<ClockLook | null> {
  for (const server of servers) {
    const endpoint = parseEndpoint(server, 53);
    if (endpoint === undefined) continue;
    try {
      const query = encodeQuery({ name: '.', type: 'SOA', dnssec: true });
      const times = signatureTimes(await askTcp(query, endpoint, { tries: 1, ms: PATIENCE }));
      if (times !== undefined) return { ...times, now, server };
    } catch {
      // It has none to tell; that it does not answer is told elsewhere.
    }
  }
  return null;
}
