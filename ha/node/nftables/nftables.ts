// nftables — keeps the rules in an nftables table that belongs to the netlink socket by which it was made.
//
// Only through that socket can the table be changed: a flush of all rules spares it, and the kernel removes it when the last
// process that holds the socket ends. Twins hold duplicates of one socket, so either can change the table, and the death of
// one does not remove it. With `keep`, too, the table goes with its holders.

import { close, openNetlink } from 'node-reuseport';
import { errnoOf, messageOf } from '../../../src/errors.ts';
import type { NetlinkMessage } from '../netlink/message.ts';
import { type Kernel, Netlink, NetlinkError } from '../netlink/netlink.ts';
import { NodeError, type NodePart, type Observation } from '../node-part.ts';
import { withoutSockets } from '../rule-set.ts';
import type { WantedState } from '../wanted-state.ts';
import { NETLINK_NETFILTER, transaction } from './numbers.ts';
import {
  type Contents,
  chainsQuestion,
  isRule,
  type NftStep,
  readChain,
  readRule,
  readTable,
  rulesQuestion,
  rulesRemoval,
  tableNames,
  tableQuestion,
  tableRemoval,
  wantedSteps,
} from './table.ts';

export class NftablesRules implements NodePart {
  readonly name = 'rules';
  readonly stays = false;
  readonly #wanted: WantedState;
  readonly #contents: Contents;
  readonly #table: string;
  /** Once it is known that this kernel lacks the match for sockets. */
  #warning: string | undefined;
  #steps: readonly NftStep[];
  readonly #netlink: Netlink;
  readonly #onlooker: boolean;
  #held: boolean;

  /**
   * @param fd the twin's netlink socket; we close it from now on
   * @param given.kernel reads and writes; tests bring another
   * @param given.onlooker it changes nothing, so the table may be another process's
   * @param given.contents which of the rules are in it
   * @throws NodeError when the kernel gives us no such socket
   */
  constructor(
    wanted: WantedState,
    fd?: number,
    given: { readonly kernel?: Kernel; readonly onlooker?: boolean; readonly contents?: Contents } = {},
  ) {
    const { kernel, onlooker = false, contents = 'all' } = given;
    this.#wanted = wanted;
    this.#contents = contents;
    this.#table = tableNames[contents];
    this.#onlooker = onlooker;
    this.#steps = wantedSteps(wanted, contents);
    this.#netlink = new Netlink(fd ?? open(), kernel);
    this.#held = true;
  }

  get wanted(): readonly string[] {
    return this.#steps.map(({ line }) => line);
  }

  async observe(): Promise<Observation> {
    const { wanted } = this;
    const found = this.#find();
    const plan = [
      ...without(found, wanted).map((line) => `- ${line}`),
      ...without(wanted, found).map((line) => `+ ${line}`),
    ];
    return { wanted, found, plan };
  }

  async apply({ found, plan }: Observation): Promise<void> {
    if (plan.length === 0) return;
    const steps = this.#replacement(found, plan);
    try {
      this.#netlink.batch(transaction(steps.map(({ request }) => request)));
    } catch (cause) {
      this.#find(); // a table of another process is a better reason than this refusal
      if (this.#warning !== undefined || !lacksMatch(cause, steps)) throw refusal(cause, steps);
      this.#warning = withoutSockets('nft_socket');
      this.#steps = wantedSteps(this.#wanted, this.#contents, { sockets: false });
      await this.apply(await this.observe());
    }
  }

  async remove(): Promise<readonly string[]> {
    const mine = this.#ask(() => this.#look());
    if (mine === undefined || mine.owner !== mine.self) return [];
    const found = this.#find();
    this.#ask(() => this.#netlink.batch(transaction([tableRemoval(this.#table)])));
    return found;
  }

  async remaining(): Promise<readonly string[]> {
    const table = this.#ask(() => this.#look());
    return table === undefined ? [] : [`left: ${foreign(this.#table, table.owner).message}`];
  }

  get warnings(): readonly string[] {
    return this.#warning === undefined ? [] : [this.#warning];
  }

  get descriptors(): readonly number[] {
    return this.#held ? [this.#netlink.fd] : [];
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    close(this.#netlink.fd);
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** From what is there to what is wanted; every packet meets the one or the other. */
  #replacement(found: readonly string[], plan: readonly string[]): NftStep[] {
    if (found.length === 0) return [...this.#steps];
    // With new chains, one packet in a million might find the old rules gone and the new ones not yet in force.
    const onlyRules = plan.every((line) => isRule(line.slice(2)));
    if (onlyRules) {
      const rules = this.#steps.filter(({ line }) => isRule(line));
      return [{ line: 'removal of the rules', request: rulesRemoval(this.#table) }, ...rules];
    }
    return [{ line: 'removal of the table', request: tableRemoval(this.#table) }, ...this.#steps];
  }

  /** The lines of the table in the kernel. @throws NodeError when another process owns it */
  #find(): string[] {
    return this.#ask(() => {
      const table = this.#look();
      if (table === undefined) return [];
      if (table.owner !== table.self && !this.#onlooker) throw foreign(this.#table, table.owner);
      const chains = this.#netlink.dump(chainsQuestion.type, chainsQuestion.payload);
      const question = rulesQuestion(this.#table);
      const rules = this.#netlink.dump(question.type, question.payload);
      return [
        table.line,
        ...lines(chains, (payload) => readChain(payload, this.#table)),
        ...lines(rules, (payload) => readRule(payload, this.#table)),
      ];
    });
  }

  /** With the ports of its owner and of our own socket, to which the kernel addresses its answers. */
  #look(): { line: string; owner: number | undefined; self: number } | undefined {
    try {
      const { type, payload } = tableQuestion(this.#table);
      const [answer] = this.#netlink.ask(type, payload);
      return answer && { ...readTable(answer.payload), self: answer.port };
    } catch (error) {
      if (error instanceof NetlinkError && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  #ask<T>(question: () => T): T {
    try {
      return question();
    } catch (error) {
      throw error instanceof NodeError ? error : unanswered(error);
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function open(): number {
  try {
    return openNetlink(NETLINK_NETFILTER, 0);
  } catch (cause) {
    throw unanswered(cause);
  }
}

function lines(
  messages: readonly NetlinkMessage[],
  read: (payload: Uint8Array) => string | undefined,
): string[] {
  return messages.map(({ payload }) => read(payload)).filter((line) => line !== undefined);
}

/** What is left of `lines` when each of `others` has taken away one copy of itself. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function unanswered(cause: unknown): NodeError {
  const code = errnoOf(cause);
  if (code === 'EPERM' || code === 'EACCES') {
    return fault(
      'not permitted. Give the container CAP_NET_ADMIN, or leave the rules to others with --rules none.',
      cause,
    );
  }
  if (code === 'EPROTONOSUPPORT' || code === 'EINVAL' || code === 'EOPNOTSUPP') {
    return fault(
      'this kernel has none. Load its module (modprobe nf_tables), or use --rules iptables.',
      cause,
    );
  }
  return fault(`${messageOf(cause)}. It is tried again.`, cause, true);
}

function fault(what: string, cause: unknown, passing = false): NodeError {
  return new NodeError('iptables', `nftables on this node: ${what}`, { cause, passing });
}

function foreign(table: string, owner: number | undefined): NodeError {
  return new NodeError(
    'iptables',
    owner === undefined
      ? `the nftables table inet ${table} is there and has no owner, so no running twindns has made it: ` +
          `look at it (nft list table inet ${table}), then delete it (nft delete table inet ${table}).`
      : `the nftables table inet ${table} belongs to another process, the one with netlink port ${owner}, which is ` +
          'mostly its process id (ss --family=netlink --processes tells). Only one pair of twindns can own a node: ' +
          'stop that process, or leave the rules to it: start this one without --leader, or with --rules none.',
    { passing: true },
  );
}

/** The kernel does not know one of the expressions of a rule. */
function lacksMatch(cause: unknown, steps: readonly NftStep[]): boolean {
  if (errnoOf(cause) !== 'ENOENT' && errnoOf(cause) !== 'EOPNOTSUPP') return false;
  const refused = cause instanceof NetlinkError ? steps[cause.request - 1] : undefined;
  return refused?.line.includes(' socket transparent 0 ') ?? false;
}

function refusal(cause: unknown, steps: readonly NftStep[]): NodeError {
  const code = errnoOf(cause);
  // The request before the steps begins the transaction; refusals of the whole name that one.
  const step = cause instanceof NetlinkError ? steps[cause.request - 1] : undefined;
  if (step?.line.startsWith('table ') && (code === 'EOPNOTSUPP' || code === 'EINVAL')) {
    return fault(
      'this kernel cannot tie a table to its owner (flags owner came with Linux 5.12). Use --rules iptables.',
      cause,
    );
  }
  if (code === 'EPERM' || code === 'EACCES') return unanswered(cause);
  // Another holder of the socket has removed or made it since the observation.
  if ((code === 'ENOENT' && step?.line.startsWith('removal ')) || code === 'EEXIST') {
    return fault('the table changed while it was being changed. It is tried again.', cause, true);
  }
  return fault(
    `${step?.line ?? 'the whole'} was refused with ${code ?? 'no reason'}. Use --rules iptables if that goes on.`,
    cause,
  );
}
