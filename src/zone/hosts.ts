// hosts — step: addresses and names from a file of hosts and from lines of the Corefile.

import { NXDOMAIN, TYPE_A, TYPE_AAAA } from '../message/message.ts';
import { isBelow } from '../message/name.ts';
import { addressRecord, message, nameRecord } from './build-message.ts';
import type { HostsFile } from './hosts-file.ts';
import type { HostsTable } from './hosts-text.ts';
import { reversedAddress } from './ip-address.ts';
import type { Message, ResourceRecord } from './message.ts';
import type { Question, WireName } from './question.ts';
import { TYPE_PTR } from './rdata.ts';
import type { Next, Step } from './step.ts';

export interface HostsSettings {
  readonly file: HostsFile;
  readonly inline: HostsTable;
  /** It answers for names in these, and for all addresses. */
  readonly zones: readonly WireName[];
  /** Names in these that it does not have are left to the next step; others do not exist. */
  readonly through: readonly WireName[];
  /** Types other than A, AAAA and PTR of names in those are left to the next step, too. */
  readonly throughUnsupported: boolean;
  /** Seconds. */
  readonly ttl: number;
}

export class Hosts implements Step {
  readonly name = 'hosts';
  readonly #settings: HostsSettings;

  constructor(settings: HostsSettings) {
    this.#settings = settings;
  }

  async resolve(question: Question, next: Next): Promise<Message> {
    if (!this.#concerns(question)) return next(question);
    return this.#answer(question, await this.#settings.file.table()) ?? next(question);
  }

  explain(question: Question): string | undefined {
    if (!this.#concerns(question)) return undefined;
    const answer = this.#answer(question, this.#settings.file.tableNow());
    if (answer === undefined) return undefined;
    if (answer.answer.length > 0) return `hosts has ${answer.answer.length} of it: that is the answer`;
    return answer.rcode === NXDOMAIN
      ? 'hosts does not have the name, and lets nothing fall through: it is said not to exist'
      : 'hosts has the name, but not this type: the answer has no records';
  }

  #concerns({ name, type }: Question): boolean {
    return type === TYPE_PTR || this.#settings.zones.some((zone) => isBelow(name, zone));
  }

  /** Undefined: the next step is asked. */
  #answer({ name, type }: Question, file: HostsTable): Message | undefined {
    const { inline, through, throughUnsupported, ttl } = this.#settings;
    const tables = [file, inline];
    if (type === TYPE_PTR) {
      const address = reversedAddress(name)?.toString('latin1');
      const names = address === undefined ? [] : tables.flatMap((table) => table.names.get(address) ?? []);
      if (names.length === 0) return undefined;
      return found(names.map((target) => nameRecord(name, TYPE_PTR, ttl, target)));
    }
    const [ipv4, ipv6] = [
      tables.flatMap((t) => lookUp(t.ipv4, name)),
      tables.flatMap((t) => lookUp(t.ipv6, name)),
    ];
    const isThrough = through.some((zone) => isBelow(name, zone));
    if (type !== TYPE_A && type !== TYPE_AAAA && throughUnsupported && isThrough) return undefined;
    const addresses = type === TYPE_A ? ipv4 : type === TYPE_AAAA ? ipv6 : [];
    if (ipv4.length + ipv6.length > 0)
      return found(addresses.map((bytes) => addressRecord(name, ttl, bytes)));
    if (isThrough) return undefined;
    const isParent = tables.some(({ parents }) => parents.has(name));
    return message({ authoritative: true, ...(isParent ? {} : { rcode: NXDOMAIN }) });
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function found(answer: readonly ResourceRecord[]): Message {
  return message({ authoritative: true, answer });
}

function lookUp(table: ReadonlyMap<WireName, readonly Buffer[]>, name: WireName): readonly Buffer[] {
  return table.get(name) ?? table.get(`\x01*${name.slice(1 + name.charCodeAt(0))}`) ?? [];
}
