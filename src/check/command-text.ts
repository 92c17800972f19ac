// command-text — what `twindns check` takes and is for; `check` does the work.

import type { CommandText } from '../command-text.ts';

export const checkText = {
  name: 'check',
  summary: 'say whether instances would take the settings of a file',
  purpose:
    'Reads settings as the manifests have them, one NAME=VALUE a line, and says which of them an instance would refuse, or ' +
    'would never see. Changes nothing, and asks no instance.',
  examples: ['twindns check manifests/settings/settings.env'],
  argument: { term: '<FILE>', sentence: 'the settings' },
} as const satisfies CommandText;
