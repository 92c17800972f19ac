// guard — whether a client's query is answered at all, decided for each one, before the cache is looked at.

import type { Message } from './message.ts';
import type { Question } from './question.ts';

/** pass: it is none of this guard's; drop: silence; a message: that is the answer, and it is not kept. */
export type Verdict = 'pass' | 'drop' | Message;

export interface Guard {
  /** The directive it is made of. */
  readonly name: string;
  judge(question: Question): Verdict;
  /** One sentence for `twindns check --name`, undefined where it lets the question pass. */
  explain(question: Question): string | undefined;
}
