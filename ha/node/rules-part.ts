// rules-part — the rules of one kind, and what goes with them: those for host clients, and what the other kind left.
//
// Rules of iptables outlive the instances, and those for host clients must not: they are in an nftables table beside, which
// the kernel removes with its last holder. A node that has no such tables goes without them: its host clients are then
// answered by the cluster DNS, through kube-proxy.

import { NodeError, type NodePart, type Observation } from './node-part.ts';

/** Of the kind that was wanted before, for our addresses; a line for each. */
export interface LeftRows {
  left(): Promise<readonly string[]>;
  remove(): Promise<readonly string[]>;
}

export interface Beside {
  /** With rules of iptables. */
  readonly hostClients?: NodePart | undefined;
  /** With nftables: those of iptables. */
  readonly leftRows?: LeftRows | undefined;
  /** With iptables, for an onlooker: the table of instances that were told another kind. The kernel removes it with them. */
  readonly otherTable?: NodePart | undefined;
  /** Why there is no table for host clients. */
  readonly trouble?: string | undefined;
}

export interface RulesObservation extends Observation {
  readonly own: Observation;
  readonly hostClients: Observation | undefined;
  readonly leftRows: readonly string[];
}

export class RulesPart implements NodePart<RulesObservation> {
  readonly name = 'rules';
  readonly stays: boolean;
  readonly #own: NodePart;
  readonly #onlooker: boolean;
  readonly #otherTable: NodePart | undefined;
  #hostClients: NodePart | undefined;
  #leftRows: LeftRows | undefined;
  /** By what it is about. */
  readonly #warnings = new Map<'host clients' | 'left rows', string>();

  /** @param onlooker it changes nothing */
  constructor(own: NodePart, beside: Beside = {}, onlooker = false) {
    this.#own = own;
    this.stays = own.stays;
    this.#onlooker = onlooker;
    this.#hostClients = beside.hostClients;
    this.#leftRows = beside.leftRows;
    this.#otherTable = beside.otherTable;
    if (beside.trouble !== undefined) this.#warnings.set('host clients', withoutHostClients(beside.trouble));
  }

  get wanted(): readonly string[] {
    return [...this.#own.wanted, ...(this.#hostClients?.wanted ?? [])];
  }

  async observe(): Promise<RulesObservation> {
    const own = await this.#own.observe();
    const hostClients = await this.#observeHostClients();
    const leftRows = await this.#observeLeftRows();
    const other = (await this.#otherTable?.observe().catch(nothing))?.found ?? [];
    const parts = [own, ...(hostClients ? [hostClients] : [])];
    return {
      wanted: parts.flatMap(({ wanted }) => wanted),
      found: [...parts.flatMap(({ found }) => found), ...leftRows, ...other],
      plan: [...parts.flatMap(({ plan }) => plan), ...leftRows.map((line) => `- ${line}`)],
      own,
      hostClients,
      leftRows,
    };
  }

  /** What the other kind left goes once ours are in place. */
  async apply({ own, hostClients, leftRows }: RulesObservation): Promise<void> {
    if (own.plan.length > 0) await this.#own.apply(own);
    if (hostClients) await this.#try('host clients', async () => this.#hostClients?.apply(hostClients));
    if (leftRows.length > 0) await this.#try('left rows', async () => void (await this.#leftRows?.remove()));
  }

  async remove(): Promise<readonly string[]> {
    const removed = [
      ...((await this.#hostClients?.remove().catch(nothing)) ?? []),
      ...(await this.#own.remove()),
    ];
    return this.#leftRows === undefined ? removed : [...removed, ...(await this.#leftRows.remove())];
  }

  async remaining(): Promise<readonly string[]> {
    const parts = [this.#own, this.#hostClients];
    return (await Promise.all(parts.map(async (part) => (await part?.remaining?.()) ?? []))).flat();
  }

  get warnings(): readonly string[] {
    return [...(this.#own.warnings ?? []), ...this.#warnings.values()];
  }

  get descriptors(): readonly number[] {
    return this.#hostClients?.descriptors ?? this.#own.descriptors;
  }

  release(): void {
    for (const part of [this.#own, this.#hostClients, this.#otherTable]) part?.release();
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** An onlooker misses nothing that only running instances have. */
  async #observeHostClients(): Promise<Observation | undefined> {
    let seen: Observation | undefined;
    await this.#try('host clients', async () => {
      seen = await this.#hostClients?.observe();
    });
    return this.#onlooker && seen?.found.length === 0 ? undefined : seen;
  }

  /** Once there are none they are not looked for again: no program makes new ones. */
  async #observeLeftRows(): Promise<readonly string[]> {
    try {
      const rows = (await this.#leftRows?.left()) ?? [];
      if (rows.length === 0) this.#leftRows = undefined;
      return rows;
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      if (!error.passing) this.#leftRows = undefined; // no iptables on this node: no rows that we could have made
      return [];
    }
  }

  /** Without what goes beside, our own rules serve as well. */
  async #try(about: 'host clients' | 'left rows', task: () => Promise<void>): Promise<void> {
    try {
      await task();
      if (about === 'left rows' || this.#hostClients) this.#warnings.delete(about);
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      this.#warnings.set(about, about === 'host clients' ? withoutHostClients(error.message) : error.message);
      if (about === 'left rows' || error.passing) return;
      this.#hostClients?.release();
      this.#hostClients = undefined;
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function withoutHostClients(why: string): string {
  return `clients in the host network are answered by the cluster DNS, not by twindns: ${why}`;
}

function nothing(error: unknown): undefined {
  if (!(error instanceof NodeError)) throw error;
}
