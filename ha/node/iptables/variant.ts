// variant — legacy or nft: the two keep their rules apart, and ours belong where the other programs of the node have theirs.
//
// The kubelet leaves a chain as a hint. Without it, the variant that has more rules is taken for the one in use, and where
// there are no rules at all, the one that `iptables` is on this node.

import { commandOf, type Family } from '../rule-set.ts';
import { isAbsent } from './failure.ts';
import { legacyTables, runOrFail, type Tools } from './tools.ts';

export const variants = ['nft', 'legacy'] as const;
export type Variant = (typeof variants)[number];

export interface Programs {
  readonly variant: Variant;
  /** `iptables-nft-save`, as opposed to `iptables-save`. */
  readonly named: boolean;
}

export function programOf({ variant, named }: Programs, family: Family, verb: 'save' | 'restore'): string {
  return [commandOf(family), ...(named ? [variant] : []), verb].join('-');
}

/** Undefined where there is no kubelet, or it has not started yet. Makes no table. */
export async function hintedPrograms(
  families: readonly Family[],
  tools: Tools,
): Promise<Programs | undefined> {
  for (const variant of variants) {
    const programs = { variant, named: true };
    for (const family of families)
      if (hint.test(await listed(programs, family, 'mangle', tools))) return programs;
  }
  return undefined;
}

/** Makes no table. @throws NodeError when there is no iptables */
export async function likelyPrograms(families: readonly Family[], tools: Tools): Promise<Programs> {
  const nft = await countRows({ variant: 'nft', named: true }, families, tools);
  const legacy = await countRows({ variant: 'legacy', named: true }, families, tools);
  if (nft === legacy) return unnamed(families, tools);
  return { variant: nft > legacy ? 'nft' : 'legacy', named: true };
}

/** Of each variant that is installed. */
export async function installedPrograms(families: readonly Family[], tools: Tools): Promise<Programs[]> {
  const [first] = families;
  if (first === undefined) return [];
  const installed: Programs[] = [];
  for (const variant of variants)
    if (await isInstalled(`${commandOf(first)}-${variant}`, tools)) installed.push({ variant, named: true });
  return installed.length > 0 ? installed : [await unnamed(families, tools)];
}

/** The listing of a table, or of every table there is. Makes none. @throws NodeError */
export async function save(
  programs: Programs,
  family: Family,
  table: string | undefined,
  tools: Tools,
): Promise<string> {
  if (programs.variant === 'legacy') {
    const there = await legacyTables(tools, family);
    if (table === undefined ? there.length === 0 : !there.includes(table)) return '';
  }
  const program = programOf(programs, family, 'save');
  return runOrFail(tools, program, table === undefined ? [] : ['-t', table], { absent: isAbsent });
}

// ---------------------------------------------------------------------------------------------------------------------

const hint = /^:KUBE-(?:IPTABLES-HINT|KUBELET-CANARY) /m;

/** Without a family nothing is run, and nothing need be installed. */
async function unnamed([family]: readonly Family[], tools: Tools): Promise<Programs> {
  if (family === undefined) return { variant: 'nft', named: false };
  const version = await runOrFail(tools, commandOf(family), ['--version']);
  return { variant: version.includes('nf_tables') ? 'nft' : 'legacy', named: false };
}

/** Empty when the variant cannot be listed: the reason is told once it is used. */
async function listed(...given: Parameters<typeof save>): Promise<string> {
  return save(...given).catch(() => '');
}

async function countRows(programs: Programs, families: readonly Family[], tools: Tools): Promise<number> {
  let count = 0;
  for (const family of families) {
    const text = await listed(programs, family, undefined, tools);
    for (let at = text.indexOf('\n-A '); at !== -1; at = text.indexOf('\n-A ', at + 1)) count++;
  }
  return count;
}

async function isInstalled(program: string, tools: Tools): Promise<boolean> {
  return tools.run(program, ['--version']).then(
    () => true,
    () => false,
  );
}
