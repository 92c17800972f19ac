// show-node — the table of `twindns status` that tells which instance keeps the interface and the rules, and how they stand.

import type { InstanceStatus, NodeStatus } from '../status.ts';

export const nodeHead = ['SLOT', 'ROLE', 'INTERFACE', 'RULES', 'REPAIRED'] as const;

/** A row for one instance; none where it has nothing to do with either. */
export function nodeRow({ slot, node }: InstanceStatus): string[][] {
  if (node === null || (node.interface === null && !node.leader)) return [];
  const { interface: link, rules, found, wanted, changes } = node;
  const counted = (part: 'interface' | 'rules') =>
    found[part] === null ? '' : ` ${found[part]} of ${wanted[part]}`;
  return [
    [
      slot,
      roleOf(node),
      link === null
        ? '-'
        : link.type === 'none'
          ? 'none'
          : `${link.name} ${link.type}${counted('interface')}`,
      rules === null ? '-' : `${rules}${rules === 'none' ? '' : counted('rules')}`,
      String(changes),
    ],
  ];
}

/** A line for each part that could not be looked at, or made as it is to be. */
export function nodeProblems({ slot, node }: InstanceStatus): string[] {
  // Of an earlier version it has no such field.
  const problems = Object.values(node?.problems ?? {}).filter((problem) => problem !== null);
  return problems.map((problem) => `${slot}: ${problem}`);
}

// ---------------------------------------------------------------------------------------------------------------------

function roleOf({ leader, acting }: NodeStatus): string {
  const role = leader ? 'leader' : 'deputy';
  return acting ? `${role}, acting` : role;
}
