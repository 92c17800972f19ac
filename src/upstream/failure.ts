// failure — what clients are told where no server has given an answer, what the log, and what counts against a server.

import type { Failure, Verdict } from '../cache/verdict.ts';
import type { ServfailReason } from '../counters.ts';
import type { ErrorLogs } from '../log/error-log.ts';
import { EDE_NETWORK_ERROR, EDE_NO_REACHABLE_AUTHORITY } from '../message/edns.ts';
import { FORMERR, NOERROR, NXDOMAIN, REFUSED, SERVFAIL } from '../message/message.ts';
import type { FailureReason } from '../status.ts';
import { nameText } from '../zone/wire-name.ts';
import type { Zone } from '../zone/zone.ts';
import type { Transport } from './exchange.ts';

/** What clients are told where no server has said anything: silence, or the network says that there is no way to them. */
export const SILENCE: Failure = { rcode: SERVFAIL, ede: EDE_NO_REACHABLE_AUTHORITY };
export const NO_WAY: Failure = { rcode: SERVFAIL, ede: EDE_NETWORK_ERROR };
/** … where more are asked than the plan allows. */
export const CROWDED: Failure = { rcode: REFUSED, ede: -1 };

/** Has questions without an answer told in the log, where their block wants that. @param told called when one was, or is to be */
export function failureTeller(logs: ErrorLogs, told: () => void = () => {}) {
  return ({ key, nameLength, zone }: Unanswered, failure: Failure, now: number): void => {
    const { errors } = zone.block.log;
    if (errors === undefined) return;
    const upstreams = zone.forwardOf(key, nameLength)?.upstreams ?? [];
    const servers = upstreams.map(({ name }) => name);
    const sentence = failureSentence(failure, servers, upstreams[0]?.transport ?? 'udp');
    if (sentence === undefined) return;
    const type = (key.charCodeAt(nameLength) << 8) | key.charCodeAt(nameLength + 1);
    logs.of(errors).add(nameText(key.slice(0, nameLength)), type, failure.rcode, sentence, now);
    told();
  };
}

/** Of a header without anything behind it. */
export function bareFailure(rcode: number): Verdict {
  return { outcome: 'failure', rcode, ede: -1 };
}

/** Why a response is no answer; undefined: it is one, or leads to one. */
export function failureOf(verdict: Verdict, transport: Transport): FailureReason | undefined {
  switch (verdict.outcome) {
    case 'answer':
      return undefined;
    case 'failure':
      return failureOfRcode(verdict.rcode);
    case 'truncated':
      return transport === 'udp' ? undefined : 'malformed';
    case 'malformed':
      return 'malformed';
  }
}

/** @param hasServers whether there was one to ask */
export function servfailReason(failure: Failure, hasServers: boolean): ServfailReason {
  if (!hasServers) return 'no_upstreams';
  if (failure === CROWDED) return 'limit';
  return failure === SILENCE || failure === NO_WAY ? 'no_answer' : 'upstream_said';
}

export function failureOfRcode(rcode: number): FailureReason | undefined {
  if (rcode === NOERROR || rcode === NXDOMAIN) return undefined;
  if (rcode === SERVFAIL) return 'servfail';
  return rcode === FORMERR ? 'formerr' : 'other_rcode';
}

/** A question, and its zone. */
interface Unanswered {
  readonly key: string;
  readonly nameLength: number;
  readonly zone: Zone;
}

/**
 * Why no server has answered, in the words of Go's network library, for which the patterns of `errors` are written; undefined where
 * a server has said that it cannot.
 */
export function failureSentence(
  failure: Failure,
  servers: readonly string[],
  transport: Transport,
): string | undefined {
  const network = transport === 'udp' ? 'udp' : 'tcp';
  const all = servers.join(', ');
  if (servers.length === 0) return undefined;
  if (failure === CROWDED) return `concurrent queries of ${all} exceeded maximum`;
  if (failure.ede === EDE_NO_REACHABLE_AUTHORITY) return `read ${network} ${all}: i/o timeout`;
  if (failure.ede === EDE_NETWORK_ERROR) return `dial ${network} ${all}: connect: no way to it`;
  return undefined;
}
