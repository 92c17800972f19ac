// systemd-command — what a page tells an operator of a node with systemd to type, held against the units.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFiles, root } from '../repository/files.ts';

/** What is wrong with a command that installs or asks for units, one sentence each. */
export function systemdProblems(command: string): string[] {
  const [program = '', ...words] = command.split(/\s+/);
  switch (program) {
    case 'systemctl':
      return unitProblems(words);
    case 'cp':
      return copyProblems(words);
    case 'mkdir':
      return words.length === 1 && /^\/etc\//.test(words[0]!) ? [] : ['makes no directory of /etc'];
    case 'systemd-sysusers':
      return words.length === 0 ? [] : ['needs no words'];
    default:
      return [`no test knows ${program}`];
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const units = repositoryFiles('manifests/systemd').map((path) => path.replace(/^.*\//, ''));
const verbs = ['daemon-reload', 'enable', 'restart', 'reload', 'start', 'status'];

function unitProblems([verb = '', ...words]: readonly string[]): string[] {
  const named = words.filter((word) => !word.startsWith('-'));
  return [
    ...(verbs.includes(verb) ? [] : [`no test knows systemctl ${verb}`]),
    ...named
      .filter((unit) => !units.includes(unit.replace(/@(primary|secondary)\./, '@.')))
      .map((unit) => `there is no ${unit}`),
  ];
}

function copyProblems(words: readonly string[]): string[] {
  const target = words.at(-1) ?? '';
  return [
    ...words
      .slice(0, -1)
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `there is no ${path}`),
    ...(target.startsWith('/etc/') ? [] : [`${target} is no place for it`]),
  ];
}
