// autopath — step: what a client would ask for next by its search list is asked here, so that its first query is its last.
//
//   www.example.org.team.svc.cluster.local    does not exist: a client goes on with the rest of its list, and so does this
//       └────┬────┘ └──────────┬─────────┘
//          base        first search domain: the namespace is read off the name, as pods have the lists of theirs
//
//   … www.example.org.svc.cluster.local, … www.example.org.cluster.local, … www.example.org: what exists first is the answer, behind
//   an alias from the name that was asked to it.
//
// Whether a name exists does not depend on the type: what was denied to a question for A is not asked for AAAA (see denials), so
// both share one walk. What is last exists, mostly: both ask for it at once.
//
// It cannot be seen of a query whether its client has that list. So it is for A and AAAA alone, and for a base of two labels or more:
// a single label is a service of the namespace, and what that is elsewhere a client with another list must not be told.

import { NOERROR, NXDOMAIN, TYPE_A, TYPE_AAAA, TYPE_CNAME } from '../message/message.ts';
import { isBelow, wireSuffix } from '../message/name.ts';
import { nameRecord } from './build-message.ts';
import { Denials } from './denials.ts';
import type { Message } from './message.ts';
import type { Question, WireName } from './question.ts';
import type { Next, Step } from './step.ts';
import { labelsOf, nameOfLabels, nameText } from './wire-name.ts';

/** A list that clients have. */
export interface SearchList {
  /** Of the first domain; where `hasNamespace` what follows the namespace: svc.cluster.local. */
  readonly first: WireName;
  readonly hasNamespace: boolean;
  /** What comes after the first, in order, the root behind all. */
  readonly rest: readonly WireName[];
}

/** Labels that a base has at least. */
const LEAST = 2;

export class Autopath implements Step {
  readonly name = 'autopath';
  readonly #zones: readonly WireName[];
  readonly #lists: readonly SearchList[];
  readonly #now: () => number;
  readonly #denials: Denials;

  /** @param zones names outside of these are left alone  @param now monotonic milliseconds */
  constructor(zones: readonly WireName[], lists: readonly SearchList[], now: () => number) {
    this.#zones = zones;
    this.#lists = lists;
    this.#now = now;
    this.#denials = new Denials(now);
  }

  async resolve(question: Question, next: Next): Promise<Message> {
    const names = [question.name, ...this.#others(question)];
    if (names.length === 1) return next(question);
    let first: Message | undefined;
    let knownUntil = Number.POSITIVE_INFINITY;
    for (const [i, name] of names.entries()) {
      const isLast = i === names.length - 1;
      const { message, until } = await this.#denials.ask({ ...question, name }, next, !isLast);
      first ??= message;
      if (message.rcode === NXDOMAIN) {
        knownUntil = Math.min(knownUntil, until);
        continue;
      }
      // Of a failure the client is told what is known: it goes on by itself.
      if (message.rcode !== NOERROR || i === 0) return first;
      return aliased(
        message,
        question.name,
        name,
        Math.max(0, Math.floor((knownUntil - this.#now()) / 1000)),
      );
    }
    return first!;
  }

  explain(question: Question): string | undefined {
    const others = this.#others(question);
    if (others.length === 0) return undefined;
    return `where it does not exist, autopath asks for ${others.map(nameText).join(', ')}`;
  }

  /** The names that a client with one of the lists asks for next; none where it is not known to have one. */
  #others({ name, type }: Question): readonly WireName[] {
    if (type !== TYPE_A && type !== TYPE_AAAA) return [];
    const list = this.#lists.find(({ first }) => isBelow(name, first));
    if (list === undefined || !this.#zones.some((zone) => isBelow(name, zone))) return [];
    const labels = labelsOf(name);
    const base = labels.slice(0, -labelsOf(list.first).length - (list.hasNamespace ? 1 : 0));
    if (base.length < LEAST || base.some((label) => label.startsWith('_'))) return [];
    return list.rest.flatMap((suffix) => nameOfLabels([...base, ...labelsOf(suffix)]) ?? []);
  }
}

/** Of its domains, as text; `team.svc.cluster.local` is that of one namespace, and all have one. Undefined where there is none. */
export function searchList([first, ...rest]: readonly string[]): SearchList | undefined {
  if (first === undefined || first === '') return undefined;
  const ofNamespace = /^[^.]+\.(svc\..+)$/.exec(first)?.[1];
  return {
    first: wireSuffix(ofNamespace ?? first),
    hasNamespace: ofNamespace !== undefined,
    rest: [...rest, ''].map(wireSuffix),
  };
}

// ---------------------------------------------------------------------------------------------------------------------

/** @param most seconds: how long the names before it are known not to exist */
function aliased(given: Message, asked: WireName, name: WireName, most: number): Message {
  const least = given.answer.reduce((ttl, record) => Math.min(ttl, record.ttl), most);
  const alias = given.answer.length > 0 ? [nameRecord(asked, TYPE_CNAME, least, name)] : [];
  return { ...given, authentic: false, answer: [...alias, ...given.answer] };
}
