// command-text — what `twindns man` takes and is for; `manual` does the work.

import type { CommandText } from '../command-text.ts';

export const manText = {
  name: 'man',
  summary: 'print the manual page',
  purpose: 'Prints the manual page in roff, for man and for the folders it looks in.',
  examples: ['twindns man | man -l -', 'twindns man > /usr/local/share/man/man8/twindns.8'],
} as const satisfies CommandText;
