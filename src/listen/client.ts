// client — whoever asked: what the path of a query needs from either transport.

import type { Entry } from '../cache/entry.ts';
import type { Query } from '../message/query.ts';
import type { Waiter } from '../upstream/flights.ts';

export interface Client {
  /** Indices into `protocols` and `families` of the counters. */
  readonly protocol: number;
  readonly family: number;
  /**
   * Answers with an entry. The same bytes may be answered from level one until `readyUntil` (monotonic
   * milliseconds); `counted` is what such an answer is counted as.
   */
  answer(query: Query, entry: Entry, now: number, readyUntil: number, counted: number): void;
  /** Answers without records; `zone` is where the response is counted. */
  refuse(query: Query, rcode: number, zone: number): void;
  /** Keeps the query until there is an answer. */
  park(query: Query, now: number): Waiter;
}
