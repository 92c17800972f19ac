// command-text — what `twindns completion` takes and is for; `completion` does the work.

import type { CommandText } from '../command-text.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export const completionText = {
  name: 'completion',
  summary: 'print what completes commands and options in a shell',
  purpose:
    'Prints what makes a shell complete commands, options and their values. bash: source it, or put it into the folder of ' +
    'bash-completion. zsh: a file _twindns in a folder of fpath. fish: a file twindns.fish in its folder of completions.',
  examples: [
    'source <(twindns completion bash)',
    'twindns completion zsh > /usr/local/share/zsh/site-functions/_twindns',
    'twindns completion fish > ~/.config/fish/completions/twindns.fish',
  ],
  argument: { term: '<SHELL>', sentence: 'the shell it is for', choices: shells },
} as const satisfies CommandText;
