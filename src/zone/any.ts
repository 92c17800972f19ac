// any — a query for all types of a name gets one record that says there is no such thing (RFC 8482 section 4.2).

import { CLASS_IN, TYPE_ANY } from '../message/message.ts';
import { message, textRecord } from './build-message.ts';
import type { Guard, Verdict } from './guard.ts';
import type { Question } from './question.ts';

const TYPE_HINFO = 13;
/** The RFC's number, as CoreDNS has it. */
const TTL = 8482;
const SAYS = ['ANY obsoleted', 'See RFC 8482'];

export class Any implements Guard {
  readonly name = 'any';

  judge({ name, type, class: cls }: Question): Verdict {
    if (type !== TYPE_ANY || cls !== CLASS_IN) return 'pass';
    return message({ answer: [textRecord(name, TYPE_HINFO, TTL, SAYS)] });
  }

  explain({ type }: Question): string | undefined {
    return type === TYPE_ANY
      ? 'a query for all types is answered with one HINFO record (RFC 8482)'
      : undefined;
  }
}
