// step — one thing a zone does for a question that is not in the cache: it answers, or has the next step answer the same or
// another question, and may change what comes back.

import type { Counters } from '../counters.ts';
import type { Message } from './message.ts';
import type { Question } from './question.ts';

/**
 * The steps behind this one; at the end the forwards are asked.
 * @throws nothing: what no server could answer is a message with SERVFAIL
 */
export type Next = (question: Question) => Promise<Message>;

export interface Step {
  /** The directive it is made of. */
  readonly name: string;
  /** Clients over IPv4 and IPv6 get different answers, which are kept apart. */
  readonly looksAtFamily?: boolean;
  /** One sentence for `twindns check --name`: what it would do with this question, and undefined where nothing. */
  explain(question: Question): string | undefined;
  resolve(question: Question, next: Next): Promise<Message>;
  /** Where it counts what it does, told before the first question. */
  countIn?(events: Counters['events']): void;
}
