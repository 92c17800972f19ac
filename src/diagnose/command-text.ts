// command-text — what `twindns diagnose` takes and is for; `diagnose` does the work.

import type { CommandText } from '../command-text.ts';
import { pairRows } from '../control/command-text.ts';

export const diagnoseText = {
  name: 'diagnose',
  summary: 'look at the pair, its servers and its node for ten seconds: what is wrong, where, what to do',
  purpose:
    'Looks for ten seconds: asks both instances, each of their servers over UDP and TCP, both instances the same names, and ' +
    'looks at rules, processor time, memory, dropped datagrams, connection tracking and the clock. Prints what is wrong, where, ' +
    'since when and what to do, worst first; or that all is well here, with numbers. As root, or the user of the instances. ' +
    'Exit code 0: all is well; 1: something is wrong; 6: no instance could be asked.',
  examples: [
    'twindns diagnose',
    'twindns diagnose --bundle report.json.gz',
    'twindns diagnose --json --names',
  ],
  options: [
    { name: 'seconds', placeholder: 'N', sentence: 'how long it looks, up to 60 (default: 10)' },
    { name: 'json', sentence: 'print the whole report as JSON' },
    {
      name: 'bundle',
      placeholder: 'FILE',
      sentence: 'write the whole report to this new file, to attach it somewhere; packed if it ends in .gz',
    },
    {
      name: 'names',
      sentence:
        'have names that were asked and addresses of clients in the report: others may not be meant to read them',
    },
  ],
  rows: pairRows,
} as const satisfies CommandText;
