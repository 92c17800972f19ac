// iptables — keeps the rules in iptables: observes by listing, changes with one run of `iptables-restore` a family.
//
// Not by `iptables -C`: in some versions its answer is wrong, and every repair would add the rules once more.

import { NodeError, type NodePart, type Observation } from '../node-part.ts';
import {
  type Family,
  families,
  familiesOf,
  lineOf,
  type Matching,
  tables,
  unwantedRows,
  wantedRows,
  withoutSockets,
} from '../rule-set.ts';
import type { WantedState } from '../wanted-state.ts';
import { readListing, type SavedRow } from './save.ts';
import { inputOf, removalOf, type Step, stepsFrom } from './steps.ts';
import { nodeTools, runOrFail, type Tools } from './tools.ts';
import {
  hintedPrograms,
  installedPrograms,
  likelyPrograms,
  type Programs,
  programOf,
  save,
} from './variant.ts';

export interface IptablesObservation extends Observation {
  /** Legacy or nft. */
  readonly programs: Programs;
  /** The plan. */
  readonly steps: readonly Step[];
}

export class IptablesRules implements NodePart<IptablesObservation> {
  readonly name = 'rules';
  readonly descriptors: readonly number[] = [];
  readonly stays = true;
  readonly #wanted: WantedState;
  readonly #tools: Tools;
  #programs: Programs | undefined;
  /** What this kernel has, as far as it was tried. */
  #matching: Matching = { sockets: true };
  /** How often in a row rules were added that the listing then did not show. */
  #unseen = 0;

  constructor(wanted: WantedState, tools: Tools = nodeTools) {
    this.#wanted = wanted;
    this.#tools = tools;
  }

  get wanted(): readonly string[] {
    return wantedRows(this.#wanted).map(lineOf);
  }

  async observe(): Promise<IptablesObservation> {
    const rows = wantedRows(this.#wanted, this.#matching);
    const programs = await this.#choose();
    const found = await listRows(programs, familiesOf(this.#wanted), this.#tools);
    const steps = stepsFrom(found, rows, unwantedRows(this.#wanted, this.#matching));
    return {
      wanted: rows.map(lineOf),
      found: found.map(({ line }) => line),
      plan: steps.map(({ act, line }) => `${act === 'insert' ? '+' : '-'} ${line}`),
      programs,
      steps,
    };
  }

  /** @throws NodeError, a passing one when another program had the lock or changed the same rules */
  async apply({ programs, steps }: IptablesObservation): Promise<void> {
    const inserted = steps.filter(({ act }) => act === 'insert');
    if (inserted.length > 0 && this.#unseen >= maxUnseen) throw neverSeen(programs, inserted[0]!);
    try {
      await change(programs, steps, this.#tools);
    } catch (error) {
      if (!inserted.some(({ row }) => row.spec.includes(' -m socket '))) throw error;
      return this.#applyWithoutSockets(error);
    }
    if (inserted.length === 0) return;
    const found = await listRows(programs, familiesOf(this.#wanted), this.#tools);
    const there = new Set(found.map(({ line }) => line));
    const lost = inserted.find(({ line }) => !there.has(line));
    this.#unseen = lost === undefined ? 0 : this.#unseen + 1;
    if (lost === undefined) return;
    const message = `a rule that was added is not listed: ${lost.line}. Another program may have removed it. It is tried again.`;
    throw new NodeError('iptables', message, { passing: true });
  }

  /** All of our addresses, whatever the port, also those that a predecessor made; of further endpoints theirs alone. */
  async remove(): Promise<readonly string[]> {
    const families = familiesOf(this.#wanted);
    const chosen = await this.#choose();
    const removed = await removeRows(chosen, families, (row) => this.#isOurs(row), this.#tools);
    for (const other of await this.#others(chosen))
      removed.push(
        ...(await removeRows(other, families, (row) => this.#isOurs(row), this.#tools).catch(ignoreUnlisted)),
      );
    return removed;
  }

  /** A line for each row that `remove` would remove. */
  async left(): Promise<readonly string[]> {
    const families = familiesOf(this.#wanted);
    const chosen = await this.#choose();
    const rows = [...(await listRows(chosen, families, this.#tools))];
    for (const other of await this.#others(chosen))
      rows.push(...(await listRows(other, families, this.#tools).catch(ignoreUnlisted)));
    return rows.filter((row) => this.#isOurs(row)).map(({ line }) => line);
  }

  get warnings(): readonly string[] {
    return this.#matching.sockets ? [] : [withoutSockets('xt_socket')];
  }

  release(): void {}

  /** The kernel may lack the match: then all packets are taken, as long as there are rules. */
  async #applyWithoutSockets(cause: unknown): Promise<void> {
    if (!(cause instanceof NodeError) || cause.passing) throw cause;
    const { sockets } = this.#matching;
    this.#matching = { sockets: false };
    try {
      await this.apply(await this.observe());
    } catch {
      this.#matching = { sockets }; // it was not for the match
      throw cause;
    }
  }

  #isOurs({ addresses, line }: SavedRow): boolean {
    if (addresses.some((address) => this.#wanted.addresses.includes(address))) return true;
    const { further = [] } = this.#wanted;
    const exactly = { ...this.#wanted, addresses: [], further, healthPorts: [] };
    return [true, false].some((sockets) =>
      [...wantedRows(exactly, { sockets }), ...unwantedRows(exactly, { sockets })].some(
        (row) => lineOf(row) === line,
      ),
    );
  }

  /** A predecessor may have used the other variant, or we, before there was a hint. */
  async #others(chosen: Programs): Promise<readonly Programs[]> {
    const installed = await installedPrograms(familiesOf(this.#wanted), this.#tools);
    return installed.filter(({ variant }) => variant !== chosen.variant);
  }

  async #choose(): Promise<Programs> {
    const families = familiesOf(this.#wanted);
    this.#programs ??= await hintedPrograms(families, this.#tools); // once it is there, it stays
    return this.#programs ?? (await likelyPrograms(families, this.#tools));
  }
}

/**
 * Removes every row with one of node-cache's comments, in both variants, whichever program made it.
 *
 * @returns a line for each
 * @throws NodeError; what was removed by then stays removed
 */
export async function cleanIptables(tools: Tools = nodeTools): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const programs of await installedPrograms(families, tools))
    removed.push(...(await removeRows(programs, families, () => true, tools)));
  return removed;
}

// ---------------------------------------------------------------------------------------------------------------------

/** What we may not list we never changed; but what is listed and cannot be changed now has to be tried again. */
function ignoreUnlisted(error: unknown): never[] {
  if (error instanceof NodeError && error.passing) throw error;
  return [];
}

/** Once or twice, another program may have removed them at that moment. */
const maxUnseen = 3;

function neverSeen(programs: Programs, { row: { family } }: Step): NodeError {
  const [add, list] = [programOf(programs, family, 'restore'), programOf(programs, family, 'save')];
  return new NodeError(
    'iptables',
    `${list} never shows what ${add} adds. Rules were added ${maxUnseen} times and are not again, since they might pile up. See with \`nft list ruleset\` what is there; stop what removes them, or install another version of iptables, and restart this process.`,
  );
}

/** Each table is changed at once or not at all. */
async function change(programs: Programs, steps: readonly Step[], tools: Tools): Promise<void> {
  for (const family of families) {
    const input = inputOf(steps, family);
    // It waits a second for the lock, the shortest time it knows.
    if (input !== '')
      await runOrFail(tools, programOf(programs, family, 'restore'), ['--noflush', '--wait=1'], { input });
  }
}

async function removeRows(
  programs: Programs,
  families: readonly Family[],
  which: (row: SavedRow) => boolean,
  tools: Tools,
): Promise<string[]> {
  const steps = removalOf((await listRows(programs, families, tools)).filter(which));
  await change(programs, steps, tools);
  return steps.map(({ line }) => line);
}

async function listRows(
  programs: Programs,
  families: readonly Family[],
  tools: Tools,
): Promise<readonly SavedRow[]> {
  const rows: SavedRow[] = [];
  for (const family of families)
    for (const table of tables.toReversed()) {
      const listing = readListing(family, await save(programs, family, table, tools));
      const program = programOf(programs, family, 'save');
      // Taken for empty, the table would be filled again and again.
      if (listing.unreadable.length > 0)
        throw new NodeError(
          'iptables',
          `${program} cannot list the table ${table}: it holds rules made with nft that iptables does not understand. Find them with \`nft list table ${family === 'ipv4' ? 'ip' : 'ip6'} ${table}\` and move them to a table of their own, or choose --rules nftables.`,
        );
      if (!listing.whole)
        throw new NodeError(
          'iptables',
          `${program} broke off in the middle of the table ${table}. It is tried again.`,
          { passing: true },
        );
      rows.push(...listing.rows);
    }
  return rows;
}
