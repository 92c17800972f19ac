// autopath — step: what a client would ask for next by its search list is asked here, so that its first query is its last.
//
//   www.example.org.team.svc.cluster.local    does not exist: a client goes on with the rest of its list, and so does this
//       └────┬────┘ └──────────┬─────────┘
//          base        first search domain: the namespace is read off the name, as pods have the lists of theirs
//
//   … www.example.org.svc.cluster.local, … www.example.org.cluster.local, … www.example.org: what exists first is the answer, behind
//   an alias from the name that was asked to it.
//
// Whether a name exists does not depend on the type: where the walk for one type has ended, that for the other begins. A client asks
// for A and AAAA at once, so the second waits for the first, but not for ever: what that one waits for may never come.
//
// It cannot be seen of a query whether its client has that list. So it is for A and AAAA alone, and for a base of two labels or more:
// a single label is a service of the namespace, and what that is elsewhere a client with another list must not be told.

import {
  NOERROR,
  NXDOMAIN,
  readUint32,
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
  TYPE_SOA,
} from '../message/message.ts';
import { isBelow, wireSuffix } from '../message/name.ts';
import { nameRecord } from './build-message.ts';
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

/** A search list that is being asked for, or was. */
interface Walk {
  /** Milliseconds of the monotonic clock. */
  readonly begun: number;
  readonly end: Promise<End | undefined>;
}

/** The first name that exists; undefined where none does. `until`: monotonic milliseconds. */
interface End {
  readonly name: WireName | undefined;
  readonly until: number;
}

/** Labels that a base has at least. */
const LEAST = 2;
/** Walks whose ends are known. */
const MOST_WALKS = 1000;
/** Milliseconds for which a question waits for the walk of another. */
const PATIENCE = 1500;
/** Seconds for which a denial is believed at most; and for so long where it does not say. */
const MOST_TTL = 30;

export class Autopath implements Step {
  readonly name = 'autopath';
  readonly #zones: readonly WireName[];
  readonly #lists: readonly SearchList[];
  readonly #now: () => number;
  /** By the name that was asked, oldest first. */
  readonly #walks = new Map<WireName, Walk>();

  /** @param zones names outside of these are left alone  @param now monotonic milliseconds */
  constructor(zones: readonly WireName[], lists: readonly SearchList[], now: () => number) {
    this.#zones = zones;
    this.#lists = lists;
    this.#now = now;
  }

  async resolve(question: Question, next: Next): Promise<Message> {
    const others = this.#others(question);
    const first = await next(question);
    if (first.rcode !== NXDOMAIN || others.length === 0) return first;
    const before = this.#walks.get(question.name);
    if (before === undefined || this.#now() - before.begun > MOST_TTL * 1000)
      return this.#walk(question, first, others, next);
    const end = await patiently(before.end);
    if (end === undefined || this.#now() >= end.until) return this.#walk(question, first, others, next);
    if (end.name === undefined) return first;
    const given = await next({ ...question, name: end.name });
    const seconds = Math.floor((end.until - this.#now()) / 1000);
    return given.rcode === NOERROR ? aliased(given, question.name, end.name, Math.max(seconds, 0)) : first;
  }

  explain(question: Question): string | undefined {
    const others = this.#others(question);
    if (others.length === 0) return undefined;
    return `where it does not exist, autopath asks for ${others.map(nameText).join(', ')}`;
  }

  #walk(question: Question, first: Message, others: readonly WireName[], next: Next): Promise<Message> {
    const { name } = question;
    let ended: (end: End | undefined) => void = () => {};
    const end = new Promise<End | undefined>((resolve) => {
      ended = resolve;
    });
    this.#walks.delete(name);
    this.#walks.set(name, { begun: this.#now(), end });
    if (this.#walks.size > MOST_WALKS) this.#walks.delete(this.#walks.keys().next().value!);
    return this.#ask(question, first, others, next, ended).finally(() => ended(undefined));
  }

  /** @param ended is told where the walk has ended, if that is known */
  async #ask(
    question: Question,
    first: Message,
    others: readonly WireName[],
    next: Next,
    ended: (end: End) => void,
  ): Promise<Message> {
    let most = negativeTtl(first);
    const until = () => this.#now() + most * 1000;
    for (const name of others) {
      const given = await next({ ...question, name });
      if (given.rcode === NXDOMAIN) {
        most = Math.min(most, negativeTtl(given));
        continue;
      }
      // Of a failure the client is told what is known: it goes on by itself.
      if (given.rcode !== NOERROR) return first;
      ended({ name, until: until() });
      return aliased(given, question.name, name, most);
    }
    ended({ name: undefined, until: until() });
    return first;
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

/** The end of another question's walk; undefined when it is not known in time. */
function patiently(end: Promise<End | undefined>): Promise<End | undefined> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, PATIENCE, undefined).unref();
    void end.then((found) => {
      clearTimeout(late);
      resolve(found);
    });
  });
}

/** @param most seconds: how long the names before it are known not to exist */
function aliased(given: Message, asked: WireName, name: WireName, most: number): Message {
  const least = given.answer.reduce((ttl, record) => Math.min(ttl, record.ttl), most);
  const alias = given.answer.length > 0 ? [nameRecord(asked, TYPE_CNAME, least, name)] : [];
  return { ...given, authentic: false, answer: [...alias, ...given.answer] };
}

/** Seconds for which a denial holds (RFC 2308 section 5). */
function negativeTtl({ authority }: Message): number {
  const soa = authority.find(({ type, data }) => type === TYPE_SOA && data.length >= 20);
  return soa === undefined
    ? MOST_TTL
    : Math.min(soa.ttl, readUint32(soa.data, soa.data.length - 4), MOST_TTL);
}
