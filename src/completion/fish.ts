// fish — completion for fish: a line an option.

import type { CommandLine, OptionText, ProgramText, Value } from '../program-text.ts';

export function fishScript({ name, options, commands }: ProgramText): string {
  const complete = `complete -c ${name}`;
  const before = `${complete} -n __fish_use_subcommand`;
  const lines = [
    `# Completion of ${name} for fish.`,
    `${complete} -f`, // files are offered where a line says so
    ...options.flatMap((option) => optionLines(before, option)),
    ...commands.map((command) => `${before} -a ${command.name} -d ${quoted(command.summary)}`),
    ...commands.flatMap((command) => commandLines(complete, command)),
  ];
  return `${lines.join('\n')}\n`;
}

// ---------------------------------------------------------------------------------------------------------------------

function commandLines(complete: string, { name, options, arguments: words }: CommandLine): string[] {
  const within = `${complete} -n '__fish_seen_subcommand_from ${name}'`;
  return [
    ...words.flatMap(({ value }) => (value.kind === 'text' ? [] : [`${within} ${offer(value)}`])),
    ...options.flatMap((option) => optionLines(within, option)),
  ];
}

function optionLines(within: string, option: OptionText): string[] {
  const { long, short, negative, placeholder, sentence, value } = option;
  const names = `-l ${long.slice(2)}${short === undefined ? '' : ` -s ${short.slice(1)}`}`;
  const told = `-d ${quoted(sentence)}`;
  if (placeholder !== undefined) return [`${within} ${names} -r ${offer(value)} ${told}`];
  const off =
    negative === undefined ? [] : [`-l ${negative.slice(2)} -d ${quoted(`the opposite of ${long}`)}`];
  return [`${names} ${told}`, ...off].map((one) => `${within} ${one}`);
}

function offer({ kind, choices }: Value): string {
  switch (kind) {
    case 'choice':
      return `-f -a '${choices.join(' ')}'`;
    case 'file':
      return '-F';
    case 'directory':
      return `-f -a '(__fish_complete_directories)'`;
    case 'text':
      return '-f';
  }
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
