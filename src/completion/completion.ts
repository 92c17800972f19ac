// completion — the script for a shell, of the shells there are.

import type { ProgramText } from '../program-text.ts';
import { bashScript } from './bash.ts';
import type { Shell } from './command-text.ts';
import { fishScript } from './fish.ts';
import { zshScript } from './zsh.ts';

export function completion(shell: Shell, program: ProgramText): string {
  return scripts[shell](program);
}

// ---------------------------------------------------------------------------------------------------------------------

const scripts: Readonly<Record<Shell, (program: ProgramText) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};
