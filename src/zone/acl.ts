// acl — which clients may ask for which names and types; of the rules of a list the first that fits decides, of the lists the
// first whose zones hold the name and that has such a rule.

import { NOERROR, REFUSED } from '../message/message.ts';
import { isBelow } from '../message/name.ts';
import { typeName } from '../message/type-names.ts';
import { message } from './build-message.ts';
import type { Guard, Verdict } from './guard.ts';
import { addressBytes } from './ip-address.ts';
import { type Network, NetworkTable } from './networks.ts';
import type { Question, WireName } from './question.ts';

/** block: REFUSED; filter: an answer without records; drop: silence. */
export const aclActions = ['allow', 'block', 'filter', 'drop'] as const;
export type AclAction = (typeof aclActions)[number];

export interface AclRule {
  readonly action: AclAction;
  /** Undefined: all. */
  readonly types: ReadonlySet<number> | undefined;
  readonly networks: readonly Network[] | undefined;
}

export interface AclList {
  /** Empty: all that the block serves. */
  readonly zones: readonly WireName[];
  readonly rules: readonly AclRule[];
}

/** Extended DNS Errors (RFC 8914 sections 4.16 and 4.18). */
const EDE_BLOCKED = 15;
const EDE_FILTERED = 17;

const verdicts: Readonly<Record<AclAction, Verdict>> = {
  allow: 'pass',
  block: message({ rcode: REFUSED, ede: EDE_BLOCKED }),
  filter: message({ rcode: NOERROR, ede: EDE_FILTERED }),
  drop: 'drop',
};

const does: Readonly<Record<AclAction, string>> = {
  allow: 'allowed',
  block: 'REFUSED',
  filter: 'answered without records',
  drop: 'not answered',
};

export class Acl implements Guard {
  readonly name = 'acl';
  readonly #lists: readonly IndexedList[];

  constructor(lists: readonly AclList[]) {
    this.#lists = lists.map((list) => new IndexedList(list));
  }

  judge(question: Question): Verdict {
    const rule = this.#find(question);
    return rule === undefined ? 'pass' : verdicts[rule.action];
  }

  explain(question: Question): string | undefined {
    const rule = this.#find(question);
    if (rule === undefined || rule.action === 'allow') return undefined;
    return `a query of type ${typeName(question.type)} from ${question.client.address} is ${does[rule.action]}`;
  }

  #find({ name, type, client }: Question): AclRule | undefined {
    const address = addressBytes(client.address);
    if (address === undefined) return unknownClient;
    for (const list of this.#lists) {
      const rule = list.find(name, type, address);
      if (rule !== undefined) return rule;
    }
    return undefined;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** What has no address gets nothing that a rule might keep from it. */
const unknownClient: AclRule = { action: 'block', types: undefined, networks: undefined };

/** A list with its networks in a table, so that thousands of them cost no more than a few. */
class IndexedList {
  readonly #zones: readonly WireName[];
  readonly #rules: readonly AclRule[];
  /** Indices of rules, ascending for each network. */
  readonly #byNetwork = new NetworkTable<number>();
  /** Of the rules for all clients. */
  readonly #anywhere: number[] = [];

  constructor({ zones, rules }: AclList) {
    this.#zones = zones;
    this.#rules = rules;
    for (const [index, { networks }] of rules.entries()) {
      if (networks === undefined) this.#anywhere.push(index);
      for (const network of networks ?? []) this.#byNetwork.add(network, index);
    }
  }

  find(name: WireName, type: number, address: Uint8Array): AclRule | undefined {
    if (this.#zones.length > 0 && !this.#zones.some((zone) => isBelow(name, zone))) return undefined;
    let first = this.#first(this.#anywhere, type, this.#rules.length);
    for (const indices of this.#byNetwork.of(address)) first = this.#first(indices, type, first);
    return this.#rules[first];
  }

  /** The first of them, before `limit`, that is for the type; else `limit`. */
  #first(indices: readonly number[], type: number, limit: number): number {
    for (const index of indices) {
      if (index >= limit) return limit;
      const { types } = this.#rules[index]!;
      if (types === undefined || types.has(type)) return index;
    }
    return limit;
  }
}
