// iptables — keeps the rules in iptables: observes by listing, changes with one run of `iptables-restore` a family.
//
// Not by `iptables -C`: in some versions its answer is wrong, and every repair would add the rules once more.

import { NodeError, type NodePart, type Observation } from '../node-part.ts';
import { type Family, families, familiesOf, lineOf, tables, wantedRows } from '../rule-set.ts';
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
  /** Rules stay by themselves. */
  readonly descriptors: readonly number[] = [];
  readonly #wanted: WantedState;
  readonly #tools: Tools;
  #programs: Programs | undefined;
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
    const rows = wantedRows(this.#wanted);
    const programs = await this.#choose();
    const found = await listRows(programs, familiesOf(this.#wanted), this.#tools);
    const steps = stepsFrom(found, rows);
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
    await change(programs, steps, this.#tools);
    if (inserted.length === 0) return;
    const found = await listRows(programs, familiesOf(this.#wanted), this.#tools);
    const there = new Set(found.map(({ line }) => line));
    const lost = inserted.find(({ line }) => !there.has(line));
    this.#unseen = lost === undefined ? 0 : this.#unseen + 1;
    if (lost === undefined) return;
    const message = `a rule that was added is not listed: ${lost.line}. Another program may have removed it. It is tried again.`;
    throw new NodeError('iptables', message, { passing: true });
  }

  /** All of our addresses, whatever the port; also those that a predecessor made. */
  async remove(): Promise<readonly string[]> {
    const { addresses } = this.#wanted;
    const ours = (row: SavedRow) => row.addresses.some((address) => addresses.includes(address));
    const families = familiesOf(this.#wanted);
    const chosen = await this.#choose();
    const removed = await removeRows(chosen, families, ours, this.#tools);
    for (const other of await installedPrograms(families, this.#tools)) {
      if (other.variant === chosen.variant) continue;
      // A predecessor may have used this variant, or we, before there was a hint. What we may not list we never changed.
      removed.push(...(await removeRows(other, families, ours, this.#tools).catch(() => [])));
    }
    return removed;
  }

  release(): void {}

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
