// probe — the question that servers and connections are tried with: `. NS`, unless another name is asked for. Any response to it
// means that they live.

import { ADVERTISED_UDP, RD } from '../message/message.ts';
import { wireSuffix } from '../message/name.ts';
import type { Exchange, ExchangeFailure, UpstreamQuestion } from './exchange.ts';

/** What is done when a probe has ended: with a response, or without one. */
export interface ProbeListener {
  answered(probe: Exchange): void;
  failed(probe: Exchange, reason: ExchangeFailure): void;
}

export interface ProbeManner {
  /** In presentation form. */
  readonly domain: string;
  readonly recursionDesired: boolean;
}

const root: ProbeManner = { domain: '', recursionDesired: true };

export function probeQuestion(
  listener: ProbeListener,
  { domain, recursionDesired }: ProbeManner = root,
): UpstreamQuestion {
  const name = wireSuffix(domain);
  return {
    question: `${name}\0\x02\0\x01`,
    key: `${name}\0\x02\0`,
    nameLength: name.length,
    flags: recursionDesired ? RD : 0,
    dnssecOk: false,
    udpSize: ADVERTISED_UDP,
    vital: true,
    responded: (probe) => listener.answered(probe),
    hinted: (probe) => listener.answered(probe),
    failed: (probe, reason) => listener.failed(probe, reason),
    heldUp: () => {},
  };
}
