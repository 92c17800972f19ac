// command-text — what `twindns top` takes and is for; `top-command` does the work.

import type { CommandText } from '../command-text.ts';
import { pairRows } from '../control/command-text.ts';

export const topText = {
  name: 'top',
  summary: 'watch both instances for a while: who asks for what',
  purpose:
    'Watches the queries of both instances for some seconds and shows the names, the clients and the zones right above the ' +
    'names that have most queries, misses or SERVFAIL. Both are asked by the socket in their directory, as root or their ' +
    'user; nothing is watched otherwise. It is a sample where many come, and a count is too high by what stands behind ±. ' +
    'Exit code 1: one of the instances could not be asked; 6: neither.',
  examples: ['twindns top', 'twindns top --seconds 30 --by misses', 'twindns top --json'],
  options: [
    { name: 'seconds', placeholder: 'N', sentence: 'how long, up to 60 (default: 10)' },
    {
      name: 'by',
      placeholder: 'COLUMN',
      sentence: 'what comes first: queries, misses or servfail (default: queries)',
    },
    { name: 'most', placeholder: 'N', sentence: 'rows of each table, up to 20 (default: 10)' },
    { name: 'json', sentence: 'print JSON' },
  ],
  rows: pairRows,
} as const satisfies CommandText;
