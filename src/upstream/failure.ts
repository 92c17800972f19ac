// failure — what clients are told where no server has given an answer.

import type { Failure } from '../cache/verdict.ts';
import { EDE_NETWORK_ERROR, EDE_NO_REACHABLE_AUTHORITY } from '../message/edns.ts';
import { REFUSED, SERVFAIL } from '../message/message.ts';

/** What clients are told where no server has said anything: silence, or the network says that there is no way to them. */
export const SILENCE: Failure = { rcode: SERVFAIL, ede: EDE_NO_REACHABLE_AUTHORITY };
export const NO_WAY: Failure = { rcode: SERVFAIL, ede: EDE_NETWORK_ERROR };
/** … where more are asked than the plan allows. */
export const CROWDED: Failure = { rcode: REFUSED, ede: -1 };
