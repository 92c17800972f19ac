// compare-twins — asks both instances the same names, those that clients used last: twins are to know the same.

import { encodeQuery } from '../ask/question.ts';
import { answerText, decodeReply, rcodeOf } from '../ask/show-reply.ts';
import { type Slot, slots } from '../config.ts';
import type { Call } from '../control/call-instance.ts';
import type { NamedQuestion } from '../control/protocol.ts';
import { typeName } from '../message/type-names.ts';

export interface Comparison {
  /** Names that both have answered. */
  readonly asked: number;
  readonly differing: readonly Difference[];
}

export interface Difference {
  readonly name: string;
  readonly type: string;
  /** What each says: its RCODE, and the records of its answer, a line each. */
  readonly primary: string;
  readonly secondary: string;
  /** The one says that there is such a name, and the other that there is none, or that it cannot tell. */
  readonly isGrave: boolean;
}

/** How many names. */
const NAMES = 20;
/** Milliseconds for what an instance knows by itself. */
export const QUICK = 2000;

/** Ends where an instance does not answer any more. */
export async function compareTwins(call: Call): Promise<Comparison> {
  const heard = await Promise.all(slots.map((slot) => namesOf(call, slot, NAMES)));
  const questions = new Map(heard.flat().map((one) => [`${one.name} ${one.type}`, one]));
  const differing: Difference[] = [];
  let asked = 0;
  for (const question of [...questions.values()].slice(0, NAMES)) {
    const [primary, secondary] = await Promise.all(slots.map((slot) => answerOf(call, slot, question)));
    if (primary === 'gone' || secondary === 'gone') break;
    if (primary === undefined || secondary === undefined) continue;
    asked++;
    if (primary.text === secondary.text) continue;
    const { name, type } = question;
    const said = { primary: primary.text, secondary: secondary.text };
    differing.push({ name, type: typeName(type), ...said, isGrave: primary.rcode !== secondary.rcode });
  }
  return { asked, differing };
}

/** Those that an instance has used last; none where it does not answer. */
export async function namesOf(call: Call, slot: Slot, most: number): Promise<readonly NamedQuestion[]> {
  return call(slot, 'names', { most }, QUICK).then(
    ({ names }) => names,
    () => [],
  );
}

// ---------------------------------------------------------------------------------------------------------------------

async function answerOf(call: Call, slot: Slot, { name, type }: NamedQuestion) {
  try {
    const asked = { name: name.replace(/(.)\.$/, '$1'), type: `TYPE${type}`, dnssec: false };
    const query = encodeQuery(asked).toString('base64');
    const heard = await call(slot, 'ask', { query }).catch(() => undefined);
    if (heard === undefined) return 'gone';
    if (heard.reply === null) return undefined;
    const decoded = decodeReply(Buffer.from(heard.reply, 'base64'), slot);
    return { rcode: rcodeOf(decoded), text: answerText(decoded) };
  } catch {
    return undefined; // a name that cannot be spelled so, or a reply that cannot be read
  }
}
