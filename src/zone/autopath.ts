// autopath — step: what a client would ask for next by its search list is asked here, so that its first query is its last.
//
//   www.example.org.team.svc.cluster.local    does not exist: a client goes on with the rest of its list, and so does this
//       └────┬────┘ └──────────┬─────────┘
//          base        first search domain: the namespace is read off the name, as pods have the lists of theirs
//
//   … www.example.org.svc.cluster.local, … www.example.org.cluster.local, … www.example.org: what exists first is the answer, behind
//   an alias from the name that was asked to it.
//
// It cannot be seen of a query whether its client has that list. So it is for A and AAAA alone, and for a base of two labels or more:
// a single label is a service of the namespace, and what that is elsewhere a client with another list must not be told.

import { NXDOMAIN, readUint32, TYPE_A, TYPE_AAAA, TYPE_CNAME, TYPE_SOA } from '../message/message.ts';
import { nameRecord } from './build-message.ts';
import type { Message } from './message.ts';
import type { Question, WireName } from './question.ts';
import type { Next, Step } from './step.ts';
import { isWithin, labelsOf, nameOfLabels, nameText } from './wire-name.ts';

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

  /** @param zones names outside of these are left alone */
  constructor(zones: readonly WireName[], lists: readonly SearchList[]) {
    this.#zones = zones;
    this.#lists = lists;
  }

  async resolve(question: Question, next: Next): Promise<Message> {
    const others = this.#others(question);
    const first = await next(question);
    if (first.rcode !== NXDOMAIN || others.length === 0) return first;
    let most = negativeTtl(first);
    for (const name of others) {
      const given = await next({ ...question, name });
      if (given.rcode === NXDOMAIN) {
        most = Math.min(most, negativeTtl(given));
        continue;
      }
      // Of a failure the client is told what is known: it goes on by itself.
      return given.rcode === 0 ? aliased(given, question.name, name, most) : first;
    }
    return first;
  }

  explain(question: Question): string | undefined {
    const others = this.#others(question);
    if (others.length === 0) return undefined;
    return `where it does not exist, autopath asks for ${others.map(nameText).join(', ')}`;
  }

  /** The names that a client with one of the lists asks for next; none where it is not known to have one. */
  #others({ name, type }: Question): readonly WireName[] {
    if (type !== TYPE_A && type !== TYPE_AAAA) return [];
    const list = this.#lists.find(({ first }) => isWithin(name, first));
    if (list === undefined || !this.#zones.some((zone) => isWithin(name, zone))) return [];
    const labels = labelsOf(name);
    const base = labels.slice(0, -labelsOf(list.first).length - (list.hasNamespace ? 1 : 0));
    if (base.length < LEAST || base.some((label) => label.startsWith('_'))) return [];
    return list.rest.flatMap((suffix) => nameOfLabels([...base, ...labelsOf(suffix)]) ?? []);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** @param most seconds: how long the names before it are known not to exist */
function aliased(given: Message, asked: WireName, name: WireName, most: number): Message {
  const least = given.answer.reduce((ttl, record) => Math.min(ttl, record.ttl), most);
  const alias = given.answer.length > 0 ? [nameRecord(asked, TYPE_CNAME, least, name)] : [];
  return { ...given, authentic: false, answer: [...alias, ...given.answer] };
}

/** Seconds for which a denial holds (RFC 2308 section 5). */
function negativeTtl({ authority }: Message): number {
  const soa = authority.find(({ type, data }) => type === TYPE_SOA && data.length >= 20);
  return soa === undefined ? LONGEST : Math.min(soa.ttl, readUint32(soa.data, soa.data.length - 4));
}

/** Where a denial does not say: it is not kept itself. */
const LONGEST = 30;
