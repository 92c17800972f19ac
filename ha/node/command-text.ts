// command-text — what `twindns rules`, `clean` and `net` take and are for; `command` and `clean` do the work.

import type { CommandText } from '../../src/command-text.ts';
import { runOptions } from '../../src/options/option-table.ts';
import type { OptionRow } from '../../src/options/option-types.ts';

export const netActions = ['up', 'watch', 'down'] as const;
export type NetAction = (typeof netActions)[number];

/** What the interface and the rules follow from; the same words as for `run`. */
const nodeRows: readonly OptionRow[] = runOptions.filter(
  ({ name, group }) =>
    (group === 'The node:' && name !== 'leader') || ['listen', 'port', 'corefile', 'admin'].includes(name),
);

/** A process that goes on also says how it is going, and takes its time in the end. */
const netRows: readonly OptionRow[] = runOptions.filter(
  (row) => nodeRows.includes(row) || ['drain-timeout', 'log-level', 'log-format'].includes(row.name),
);

export const rulesText = {
  name: 'rules',
  summary: 'show the interface and the rules found on this node against those wanted',
  purpose:
    'Shows the interface and the rules found on this node against those `twindns run --leader` would see to. ' +
    'Exit code 0 says that nothing is missing.',
  examples: ['twindns rules --listen 169.254.20.10', 'twindns rules --listen 169.254.20.10 --dry-run'],
  options: [
    { name: 'dry-run', sentence: 'print what would be changed, and change nothing' },
    {
      name: 'json',
      sentence: 'print JSON: of each part what is wanted, what is found, and what would be changed',
    },
  ],
  rows: nodeRows,
} as const satisfies CommandText;

export const cleanText = {
  name: 'clean',
  summary: 'remove what twindns or NodeLocal DNSCache left on this node',
  purpose:
    'Removes the interface, every rule with a comment of NodeLocal DNSCache or twindns, and tables of ours, whatever ' +
    'their addresses. For uninstalling: an instance that runs as leader would make them again.',
  examples: ['twindns clean', 'twindns clean --interface nodelocaldns'],
  rows: nodeRows.filter(({ name }) => name === 'interface'),
} as const satisfies CommandText;

export const netText = {
  name: 'net',
  summary: 'see to the interface and the rules in a process of its own',
  purpose:
    'Sees to the interface and the rules, so that the instances need no privilege for them and run without --leader. ' +
    'up makes them and ends; watch goes on to repair them until it is told to stop, then removes them; down removes them.',
  examples: [
    'twindns net up --listen 169.254.20.10',
    'twindns net watch --listen 169.254.20.10 --keep-interface',
  ],
  argument: { term: '<ACTION>', choices: netActions },
  rows: netRows,
} as const satisfies CommandText;
