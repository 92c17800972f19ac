// minimal — positive answers without what was not asked for: no authority, no additional records.

import { NOERROR, TYPE_SOA } from '../message/message.ts';
import type { Message } from './message.ts';
import type { Question } from './question.ts';
import { TYPE_NS } from './rdata.ts';
import type { Next, Step } from './step.ts';

export class Minimal implements Step {
  readonly name = 'minimal';

  async resolve(question: Question, next: Next): Promise<Message> {
    const answer = await next(question);
    return isPositive(answer) ? { ...answer, authority: [], additional: [] } : answer;
  }

  explain(): string {
    return 'of a positive answer the authority and additional records are left out';
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** Referrals and denials live by their authority section. */
function isPositive({ rcode, answer, authority }: Message): boolean {
  if (rcode !== NOERROR) return false;
  return answer.length > 0 || !authority.some(({ type }) => type === TYPE_NS || type === TYPE_SOA);
}
