// plan — what an instance serves, as one immutable value. Flags make a small one, a Corefile makes any; what is behind it does
// not know which.
//
//   listener ─► zone, the longest suffix wins ─► block ─┬─ guards    acl, view, any …: whether this client is answered at all
//                                                       ├─ cache     whether and how long answers are kept
//                                                       ├─ steps     rewrite, hosts, template …: behind a miss
//                                                       └─ forwards  the first that takes the name is asked
//
// Suffixes are in presentation form, lower case, without the trailing dot; the root is ''. Durations are milliseconds, TTLs seconds.

import type { Endpoint } from '../config.ts';
import type { AnswerOrder } from '../zone/answer-order.ts';
import type { Guard } from '../zone/guard.ts';
import type { FlagChange } from '../zone/header.ts';
import type { Step } from '../zone/step.ts';
import type { View } from '../zone/view.ts';
import type { CachePlan } from './cache-plan.ts';
import type { ForwardPlan } from './forward-plan.ts';
import type { LogPlan } from './log-plan.ts';

export interface Plan {
  readonly listeners: readonly ListenerPlan[];
  /** Beside those of the flags: what `prometheus`, `health` and `ready` ask for, each address once. */
  readonly admin: readonly AdminPlan[];
  /** How often the file is looked at; undefined: it is not. */
  readonly reload: { readonly interval: number; readonly jitter: number } | undefined;
  /** What `nodecache` asks for: the interface and rules for its listeners' addresses, and whether they stay at the end. */
  readonly nodecache: { readonly addresses: readonly string[]; readonly keep: boolean } | undefined;
}

/** An address and port that is served over UDP and TCP, and the zones it answers for; all else gets REFUSED. */
export interface ListenerPlan {
  readonly at: Endpoint;
  readonly zones: readonly ZonePlan[];
}

/**
 * Listeners that share a block share this very object. A suffix may come several times, if its blocks have views but for the last:
 * the first whose view is for a query takes it, and without one the next shorter suffix.
 */
export interface ZonePlan {
  readonly suffix: string;
  readonly block: BlockPlan;
}

/** What a server block of a Corefile says: the same for all its zones and listeners. */
export interface BlockPlan {
  /** The words it was made of, with what they stand for: blocks with the same words are the same. */
  readonly identity: string;
  /** Undefined: it is there for all queries. */
  readonly view: View | undefined;
  /** Undefined where nothing is kept. */
  readonly cache: CachePlan | undefined;
  /** In the order in which they are asked whether they take a name. */
  readonly forwards: readonly ForwardPlan[];
  /** Asked of each query, in this order; where there are any no answer lies ready. */
  readonly guards: readonly Guard[];
  /** Each has the next one to call, the last of them the forwards. */
  readonly steps: readonly Step[];
  readonly log: LogPlan;
  /** Of the addresses in an answer, for each query anew: those that change places do not lie ready. Undefined: by the second. */
  readonly order: AnswerOrder | undefined;
  /** Of all responses, whatever they come from. */
  readonly flags: FlagChange | undefined;
  /** The most that clients are taken to have room for over UDP (`bufsize`). */
  readonly udpSize: number | undefined;
  /** What clients that ask for it are told of this server (RFC 5001), at most 255 bytes. */
  readonly nsid: string | undefined;
  /** Whether it is found out that its forwards lead back here (`loop`). */
  readonly detectsLoops: boolean;
  /** Where it begins, for those that ask: undefined when flags made it. */
  readonly place: Place | undefined;
}

/** An HTTP server that a Corefile asks for; an empty address is every one. */
export interface AdminPlan {
  readonly at: Endpoint;
  readonly pages: readonly ('metrics' | 'health' | 'ready')[];
  /** For /health: how long it says no before the instance stops. */
  readonly lameduck: number;
}

/** Of a file that was read; lines count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}
