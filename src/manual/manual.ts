// manual — the manual page, made of the commands as they are.

import { exitCodes } from '../errors.ts';
import type { ArgumentText, CommandLine, OptionText, ProgramText } from '../program-text.ts';
import { entry, example, literal, prose, section, subsection, variable } from './roff.ts';

/** @param version of the program @returns roff in the macros of man(7) */
export function manual(program: ProgramText, version: string): string {
  const { name, purpose, examples, options, commands } = program;
  const run = commands.find((command) => command.name === 'run')!;
  const shown = commands.filter((command) => command.name !== 'help');
  const lines = [
    `.TH ${name.toUpperCase()} 8 "" "${name} ${version}" "System administration"`,
    // Options are not broken, and lines not stretched.
    '.nh',
    '.ad l',
    ...section('Name', [`${name} \\- ${prose(summaryOf(purpose))}`]),
    ...section('Synopsis', shown.flatMap((command) => synopsis(name, command)).slice(1)),
    ...section('Description', [prose(purpose)]),
    ...section(
      'Commands',
      shown.flatMap((command) => commandPart(name, command, run)),
    ),
    ...section(
      'Options of run',
      groupsOf(run).flatMap(([group, rows]) => groupPart(group, rows)),
    ),
    ...section('Options of all commands', options.flatMap(optionEntry)),
    ...section('Environment', [
      prose(
        'Each option of `run` has a variable, which is named beside it. The command line wins over it, and it over the default.',
      ),
      ...run.options.flatMap(({ long, row }) =>
        row === undefined ? [] : entry(literal(row.env), `as ${literal(long)}`),
      ),
    ]),
    ...section(
      'Exit status',
      exitCodes.flatMap(([status, meaning]) => entry(literal(String(status)), prose(meaning))),
    ),
    ...section(
      'Signals',
      signals.flatMap(([signal, meaning]) => entry(literal(signal), prose(meaning))),
    ),
    ...section('Examples', example(examples)),
    ...section('See also', [
      '.BR resolv.conf (5),',
      '.BR nft (8),',
      '.BR iptables (8),',
      '.BR systemd.service (5)',
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

// ---------------------------------------------------------------------------------------------------------------------

const signals: readonly (readonly [signal: string, meaning: string])[] = [
  [
    'SIGTERM, SIGINT',
    'stop in order: what was received is answered, and what is being asked is waited for; a second one ends the process at once',
  ],
  ['SIGHUP', 'read the files of `--upstream` and `--corefile` again'],
];

/** The first clause, as the line for whatis(1) has it. */
function summaryOf(purpose: string): string {
  const [first = ''] = purpose.split(/[:.]/);
  return first.charAt(0).toLowerCase() + first.slice(1);
}

function synopsis(name: string, { name: command, arguments: words, options }: CommandLine): string[] {
  const parts = [
    `${literal(name)} ${literal(command)}`,
    ...(options.length > 0 ? [`[${variable('OPTION')}...]`] : []),
    ...words.map(argumentTerm),
  ];
  return ['.br', parts.join(' ')];
}

function commandPart(name: string, command: CommandLine, run: CommandLine): string[] {
  const { purpose, examples, arguments: words, options } = command;
  const own = options.filter(({ row, long }) => row === undefined && long !== '--help');
  const shared = command === run ? [] : options.flatMap(({ row, long }) => (row === undefined ? [] : [long]));
  return subsection(`${name} ${command.name}`, [
    prose(purpose || `${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}.`),
    ...words
      .filter(({ sentence, value }) => sentence !== '' || value.choices.length > 0)
      .flatMap((word) => entry(argumentTerm(word), prose(argumentSentence(word)))),
    ...own.flatMap(optionEntry),
    ...(shared.length === 0
      ? []
      : ['.PP', `Of the options of run it takes ${shared.map(literal).join(', ')}.`]),
    ...(examples.length === 0 ? [] : ['.PP', ...example(examples)]),
  ]);
}

/** In the order of the help. */
function groupsOf({ options }: CommandLine): [group: string, options: OptionText[]][] {
  const groups = new Map<string, OptionText[]>();
  for (const option of options) {
    if (option.row === undefined) continue;
    groups.set(option.row.group, [...(groups.get(option.row.group) ?? []), option]);
  }
  return [...groups];
}

function groupPart(group: string, options: readonly OptionText[]): string[] {
  return subsection(group.replace(/:$/, ''), options.flatMap(optionEntry));
}

function optionEntry({ long, short, negative, placeholder, sentence, value }: OptionText): string[] {
  const names = [short, long, negative].filter((name) => name !== undefined).map(literal);
  const term = placeholder === undefined ? names.join(', ') : `${names.join(', ')} ${variable(placeholder)}`;
  const isSaid = value.choices.every((choice) => sentence.includes(choice));
  return entry(term, prose(isSaid ? sentence : `${sentence}; one of ${value.choices.join(', ')}`));
}

function argumentTerm({ term }: ArgumentText): string {
  const [, open = '', word = '', close = ''] = /^([<[])(.*?)([>\]])$/.exec(term) ?? [];
  return open === '<' ? variable(word) : `${open}${variable(word)}${close}`;
}

function argumentSentence({ sentence, value: { choices } }: ArgumentText): string {
  const listed = choices.length === 0 ? [] : [`one of ${choices.join(', ')}`];
  return [...(sentence === '' ? [] : [sentence]), ...listed].join('; ');
}
