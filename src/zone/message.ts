// message — an answer as a zone's steps see it: records apart, so that they can be added, dropped and changed.

import type { WireName } from './question.ts';

export interface Message {
  readonly rcode: number;
  /** AA, and AD. */
  readonly authoritative: boolean;
  readonly authentic: boolean;
  readonly answer: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  /** Without OPT. */
  readonly additional: readonly ResourceRecord[];
  /** The Extended DNS Error (RFC 8914) it comes with; -1: none. */
  readonly ede: number;
}

/** Names in it are whole, never compressed; as spelled where it came from. */
export interface ResourceRecord {
  readonly owner: WireName;
  readonly type: number;
  readonly class: number;
  /** Seconds. */
  readonly ttl: number;
  readonly data: Buffer;
}
