// probe — the question that servers and connections are tried with: `. NS`. Any response to it means that they live.

import { RD } from '../message/message.ts';
import type { Exchange, ExchangeFailure, UpstreamQuestion } from './exchange.ts';

/** What is done when a probe has ended: with a response, or without one. */
export interface ProbeListener {
  answered(probe: Exchange): void;
  failed(probe: Exchange, reason: ExchangeFailure): void;
}

export function probeQuestion(listener: ProbeListener): UpstreamQuestion {
  return {
    question: '\0\0\x02\0\x01',
    key: '\0\0\x02\0',
    nameLength: 1,
    flags: RD,
    dnssecOk: false,
    vital: true,
    responded: (probe) => listener.answered(probe),
    hinted: (probe) => listener.answered(probe),
    failed: (probe, reason) => listener.failed(probe, reason),
    heldUp: () => {},
  };
}
