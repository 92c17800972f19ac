// protocol — what an instance is asked at the socket in the pair's directory, and what it says: JSON, one message each way.
//
// A connection is one request and one reply. Whatever is asked for has a bound here, since the instance that answers has clients.

import type { InstanceStatus } from '../status.ts';
import type { TopReport } from '../top/top-watcher.ts';
import type { Facts } from './facts.ts';

/** Bytes of a request, and of a reply. */
export const LONGEST_REQUEST = 4096;
export const LONGEST_REPLY = 96 << 10;
/** Seconds for which queries may be watched. */
export const LONGEST_WINDOW = 60;
/** Names told of, answers of one name, rows of each kind. */
export const MOST_NAMES = 100;
export const MOST_ANSWERS = 32;
export const MOST_ROWS = 20;

/** By the word `do`. */
export interface Requests {
  /** One question, as a client asks it: a message in base64. */
  ask: { readonly query: string };
  /** What is cached of a name. */
  show: { readonly name: string };
  /** Forgets what is cached of a name, or of all names in a zone. */
  flush: { readonly name: string; readonly zone: boolean };
  /** Names that were used last. */
  names: { readonly most: number };
  /** Looks for a datagram from this port of a client from now on, for a while. */
  expect: { readonly port: number };
  /** Whether it has come. */
  came: { readonly port: number };
  /** Watches queries for so many seconds: who asks for what. */
  top: { readonly seconds: number; readonly most: number };
  status: object;
  /** Of the process and what it runs in. */
  facts: object;
}
export type Action = keyof Requests;
export type Request = { readonly [A in Action]: { readonly do: A } & Requests[A] }[Action];

export interface Replies {
  ask: Answered;
  show: {
    readonly answers: readonly CachedAnswer[] /** Others there was no room for. */;
    readonly more: number;
  };
  flush: { readonly flushed: number };
  names: { readonly names: readonly NamedQuestion[] };
  expect: object;
  came: { readonly came: boolean };
  top: TopReport;
  status: InstanceStatus;
  facts: Facts;
}

/** Where an answer came from; made: by the instance itself, as a Corefile says; refused: it never looked for one. */
export type AnswerOrigin = 'cache' | 'upstream' | 'made' | 'refused';

export interface Answered {
  /** The reply in base64; null: the client gets none, as a Corefile says. */
  readonly reply: string | null;
  readonly origin: AnswerOrigin;
  /** With its trailing dot; null where the name is in none. */
  readonly zone: string | null;
  /** Milliseconds until it answered. */
  readonly ms: number;
  /** Of an answer from the cache: seconds since it was stored, and until it runs out: below 0 it has. */
  readonly ageSeconds: number | null;
  readonly leftSeconds: number | null;
  /** Of one from an upstream, where that is known. */
  readonly upstream: AskedUpstream | null;
}

export interface AskedUpstream {
  /** `192.0.2.1:53` */
  readonly server: string;
  readonly transport: 'udp' | 'tcp' | 'tls';
  /** Milliseconds from the send it answered to the answer. */
  readonly ms: number;
  /** How often servers were asked for it. */
  readonly sends: number;
}

/** One answer of a name in the cache. */
export interface CachedAnswer {
  /** `AAAA`, `TYPE65280` */
  readonly type: string;
  readonly kind: 'success' | 'denial' | 'failure';
  readonly rcode: string;
  readonly zone: string;
  readonly ageSeconds: number;
  /** Below 0 it has run out, and is kept for when no server answers. */
  readonly leftSeconds: number;
  /** Bits of the queries it is for. */
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
  /** Which clients it is for; 0: all, or those of the first listener. */
  readonly audience: number;
  /** The Extended DNS Error that came with it. */
  readonly ede: number | null;
  readonly bytes: number;
  /** In base64; null where there is no room for it. */
  readonly message: string | null;
}

export interface NamedQuestion {
  /** With its trailing dot. */
  readonly name: string;
  /** Its number. */
  readonly type: number;
}

/** What a reply is when the request was not granted: a sentence. */
export interface Refusal {
  readonly error: string;
}

/** A sentence where the text is no request. */
export function readRequest(text: string): Request | string {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    return 'a request is JSON';
  }
  if (typeof request !== 'object' || request === null || !('do' in request))
    return 'a request says what to do';
  const { do: action } = request as { do: unknown };
  const shape =
    typeof action === 'string' && Object.hasOwn(shapes, action) ? shapes[action as Action] : undefined;
  if (shape === undefined) return `this version does not know how to ${JSON.stringify(action)}`;
  const given = request as Readonly<Record<string, unknown>>;
  const wrong = Object.entries<Fits>(shape).find(([field, fits]) => !fits(given[field]));
  return wrong === undefined ? (request as Request) : `${wrong[0]} of ${action} is not what it has to be`;
}

// ---------------------------------------------------------------------------------------------------------------------

type Fits = (value: unknown) => boolean;

const aText: Fits = (value) => typeof value === 'string';
const aSwitch: Fits = (value) => typeof value === 'boolean';
const upTo =
  (most: number): Fits =>
  (value) =>
    Number.isInteger(value) && Number(value) > 0 && Number(value) <= most;

const shapes: { readonly [A in Action]: { readonly [F in keyof Requests[A]]: Fits } } = {
  ask: { query: aText },
  show: { name: aText },
  flush: { name: aText, zone: aSwitch },
  names: { most: upTo(MOST_NAMES) },
  expect: { port: upTo(65_535) },
  came: { port: upTo(65_535) },
  top: { seconds: upTo(LONGEST_WINDOW), most: upTo(MOST_ROWS) },
  status: {},
  facts: {},
};
