// own-probes — asks the pair as a client on the node does, all the while: what it takes from the outside, the kernel included.

import { setTimeout as pause } from 'node:timers/promises';
import { askUdp } from '../ask/ask-server.ts';
import { encodeQuery } from '../ask/question.ts';
import type { Endpoint } from '../config.ts';
import { medianOf } from './ask-servers.ts';

export interface OwnProbes {
  readonly asked: number;
  readonly answered: number;
  /** Milliseconds; null where none was answered. */
  readonly medianMs: number | null;
  readonly worstMs: number | null;
}

/** Milliseconds between two of them, and for an answer. */
const APART = 200;
const PATIENCE = 1000;

/** @param name one that is cached: what is asked upstream takes what servers take */
export async function probeOurselves(server: Endpoint, name: string, forMs: number): Promise<OwnProbes> {
  const took: number[] = [];
  let asked = 0;
  for (const end = performance.now() + forMs; performance.now() < end; await pause(APART)) {
    const started = performance.now();
    asked++;
    try {
      await askUdp(encodeQuery({ name, type: 'A', dnssec: false }), server, { tries: 1, ms: PATIENCE });
      took.push(performance.now() - started);
    } catch {
      // It is lost, which is what is counted.
    }
  }
  const worstMs = took.length === 0 ? null : Math.round(Math.max(...took) * 10) / 10;
  return { asked, answered: took.length, medianMs: medianOf(took), worstMs };
}
