// errand — what a flight does where its zone has steps: runs them, and asks servers what they call for.
//
//   step ─► step ─► … ─► ask the forward that takes the name ─┐   each hands on a question, and may change what comes back
//   ◄────── ◄────── … ◄───────────────────────────────────────┘
//
// It is bounded by the time that a question has, and by how much it may ask: a step that loops is a fault of a file.

import type { Entry } from '../cache/entry.ts';
import type { Failure } from '../cache/verdict.ts';
import { Deadline, type DeadlineOwner } from '../loop/deadlines.ts';
import { EDE_NO_REACHABLE_AUTHORITY, EDE_OTHER } from '../message/edns.ts';
import { AD, CD, RD, SERVFAIL } from '../message/message.ts';
import { VARIANT_CD, VARIANT_DO, VARIANT_NO_RD } from '../message/query.ts';
import { message } from '../zone/build-message.ts';
import { entryOf } from '../zone/entry-of.ts';
import type { Message } from '../zone/message.ts';
import { readMessage } from '../zone/message-wire.ts';
import type { Question } from '../zone/question.ts';
import type { Next, Step } from '../zone/step.ts';
import type { Zone } from '../zone/zone.ts';
import { Asking, type AskingContext, type Inquirer, LAST_ANSWER } from './asking.ts';

/** Questions to servers that one errand comes to, at most: a search list, and aliases, call for fewer. */
const MOST_ASKED = 32;

const TOO_LATE: Failure = { rcode: SERVFAIL, ede: EDE_NO_REACHABLE_AUTHORITY };

export interface ErrandContext extends AskingContext {
  /** A step has thrown. */
  readonly onPanic: (error: unknown) => void;
}

/** Whose errand it is; see `Inquirer`. */
export interface Sender extends Inquirer {
  readonly zone: Zone;
}

export class Errand implements DeadlineOwner {
  hindered = false;
  readonly #context: ErrandContext;
  readonly #sender: Sender;
  readonly #question: Question;
  readonly #wait = new Deadline(this);
  readonly #under = new Set<Asking>();
  #asked = 0;
  #over = false;

  constructor(context: ErrandContext, sender: Sender, question: Question) {
    this.#context = context;
    this.#sender = sender;
    this.#question = question;
  }

  /** It is not over during this call. */
  depart(): void {
    this.#context.deadlines.set(this.#wait, LAST_ANSWER);
    const { steps } = this.#sender.zone.block;
    takeSteps(steps, this.#question, (question) => this.#ask(question)).then(
      (answer) => this.#finish(answer),
      (error) => {
        this.#context.onPanic(error);
        this.#finish(message({ rcode: SERVFAIL, ede: EDE_OTHER }));
      },
    );
  }

  expired(): void {
    this.cancel();
    this.#sender.asked(undefined, TOO_LATE);
  }

  cancel(): void {
    this.#over = true;
    this.#context.deadlines.cancel(this.#wait);
    for (const asking of this.#under) asking.cancel();
    this.#under.clear();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #ask(question: Question): Promise<Message> {
    if (this.#over || this.#asked++ >= MOST_ASKED)
      return Promise.resolve(message({ rcode: SERVFAIL, ede: EDE_OTHER }));
    return new Promise((resolve) => {
      const asking = new Asking(
        this.#context,
        new Errands(this.#sender, question, (answer) => {
          this.hindered ||= asking.hindered;
          this.#under.delete(asking);
          resolve(answer);
        }),
        this.#sender.zone,
        question.client.transport,
      );
      this.#under.add(asking);
      asking.depart();
    });
  }

  #finish(answer: Message): void {
    if (this.#over) return;
    this.cancel();
    const { key, nameLength, zone } = this.#sender;
    this.#sender.inHand();
    const { type } = this.#question;
    const judged = zone.judgedFor(key, nameLength);
    const verdict = entryOf({ key, nameLength, type }, answer, judged, this.#context.now());
    if (verdict.outcome === 'answer') this.#sender.asked(verdict.entry, TOO_LATE);
    else this.#sender.asked(undefined, verdict);
  }
}

/** Asks each step, from the first; behind the last of them is `ask`. */
export function takeSteps(steps: readonly Step[], question: Question, ask: Next): Promise<Message> {
  const from =
    (i: number): Next =>
    (asked) =>
      i === steps.length ? ask(asked) : steps[i]!.resolve(asked, from(i + 1));
  return from(0)(question);
}

// ---------------------------------------------------------------------------------------------------------------------

/** A question of an errand to servers; its TTLs are left as they come: the errand's answer is judged. */
class Errands implements Inquirer {
  readonly question: string;
  readonly key: string;
  readonly nameLength: number;
  readonly flags: number;
  readonly dnssecOk: boolean;
  readonly zone: Inquirer['zone'];
  readonly #sender: Sender;
  readonly #answered: (answer: Message) => void;

  constructor(sender: Sender, question: Question, answered: (answer: Message) => void) {
    const { name, type, recursionDesired, checkingDisabled, dnssecOk } = question;
    const variant =
      (dnssecOk ? VARIANT_DO : 0) |
      (checkingDisabled ? VARIANT_CD : 0) |
      (recursionDesired ? 0 : VARIANT_NO_RD);
    this.question = name + words(type, question.class);
    this.key = name + words(type) + String.fromCharCode(variant);
    this.nameLength = name.length;
    this.flags = (recursionDesired ? RD : 0) | (checkingDisabled ? CD : 0) | AD;
    this.dnssecOk = dnssecOk;
    const { index, isVital, offeredSize } = sender.zone;
    const judged = { index, cache: undefined };
    this.zone = { isVital, offeredSize, judgedFor: () => judged };
    this.#sender = sender;
    this.#answered = answered;
  }

  inHand(): void {
    this.#sender.inHand();
  }

  asked(fresh: Entry | undefined, { rcode, ede }: Failure): void {
    const read = fresh && readMessage(Buffer.from(fresh.wire, 'latin1'), 0, fresh.wire.length);
    this.#answered(
      read === undefined
        ? message({ rcode, ede })
        : { ...read, authoritative: false, authentic: fresh!.authentic, ede: fresh!.ede },
    );
  }
}

function words(...values: readonly number[]): string {
  return String.fromCharCode(...values.flatMap((value) => [value >> 8, value & 0xff]));
}
