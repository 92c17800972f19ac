// program-text — the commands of the program and what each takes, as data: completions and the manual are made of it.
//
// Read out of the tree of commands itself, so that nothing the program takes can be missing.

import type { Argument, Command, Option } from 'commander';
import { runOptions } from './options/option-table.ts';
import type { OptionRow } from './options/option-types.ts';

export interface ProgramText {
  readonly name: string;
  readonly purpose: string;
  readonly examples: readonly string[];
  readonly options: readonly OptionText[];
  /** In the order of the help; that of `help` is last. */
  readonly commands: readonly CommandLine[];
}

export interface CommandLine {
  readonly name: string;
  readonly summary: string;
  readonly purpose: string;
  readonly examples: readonly string[];
  readonly arguments: readonly ArgumentText[];
  /** Those that help shows. */
  readonly options: readonly OptionText[];
}

export interface ArgumentText {
  /** `<FILE>`, or `[SCENARIO...]`. */
  readonly term: string;
  readonly sentence: string;
  readonly value: Value;
}

export interface OptionText {
  /** With its dashes. */
  readonly long: string;
  readonly short?: string;
  /** What turns a switch off; it is hidden in the help. */
  readonly negative?: string;
  /** What stands for the value; a switch has none. */
  readonly placeholder?: string;
  /** As the help has it: with default and variable. */
  readonly sentence: string;
  /** The row of the option table that it is made of. */
  readonly row?: OptionRow;
  readonly value: Value;
}

/** What a shell can offer for a value. */
export interface Value {
  readonly kind: 'choice' | 'file' | 'directory' | 'text';
  /** Empty but for a choice. */
  readonly choices: readonly string[];
}

export function programText(program: Command): ProgramText {
  const { purpose, examples } = described(program);
  const commands = program.createHelp().visibleCommands(program).map(commandLine);
  const ofHelp: CommandLine = { ...commands.at(-1)!, arguments: [argumentOfHelp(commands)] };
  return {
    name: program.name(),
    purpose,
    examples,
    options: optionsOf(program),
    commands: [...commands.slice(0, -1), ofHelp],
  };
}

// ---------------------------------------------------------------------------------------------------------------------

const rows: readonly OptionRow[] = runOptions;

function commandLine(command: Command): CommandLine {
  return {
    name: command.name(),
    summary: command.summary() || command.description(),
    ...described(command),
    arguments: command.registeredArguments.map(argumentText),
    options: optionsOf(command),
  };
}

function argumentOfHelp(commands: readonly CommandLine[]): ArgumentText {
  const choices = commands.slice(0, -1).map(({ name }) => name);
  return { term: '[COMMAND]', sentence: '', value: { kind: 'choice', choices } };
}

/** A description is the purpose and, below their heading, the examples: see `describe` of cli. */
function described(command: Command): Pick<CommandLine, 'purpose' | 'examples'> {
  const [purpose = '', examples = ''] = command.description().split('\n\nExamples:\n');
  const lines = examples.split('\n').filter((line) => line !== '');
  return { purpose, examples: lines.map((line) => line.replace(/^ {2}\$ /, '')) };
}

function argumentText(argument: Argument): ArgumentText {
  const { argChoices, description, required, variadic } = argument;
  const name = argument.name();
  const words = `${name}${variadic ? '...' : ''}`;
  return {
    term: required ? `<${words}>` : `[${words}]`,
    sentence: description,
    value: valueFor(name, argChoices),
  };
}

function optionsOf(command: Command): OptionText[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => optionText(option, command));
}

function optionText({ long, short, flags, description }: Option, command: Command): OptionText {
  // One of the same name that means another thing has no row.
  const row = rows.find((row) => `--${row.name}` === long && description.startsWith(row.sentence));
  const negative = `--no-${long!.slice(2)}`;
  const placeholder = /<(.*)>/.exec(flags)?.[1];
  return {
    long: long!,
    ...(short === undefined ? {} : { short }),
    ...(command.options.some((other) => other.long === negative) ? { negative } : {}),
    ...(placeholder === undefined ? {} : { placeholder }),
    sentence: description,
    ...(row === undefined ? {} : { row }),
    value: valueFor(placeholder ?? '', row?.choices),
  };
}

function valueFor(placeholder: string, choices: readonly string[] = []): Value {
  const isFile = /(^|\|)FILE$/.test(placeholder);
  const kind = choices.length > 0 ? 'choice' : isFile ? 'file' : placeholder === 'DIR' ? 'directory' : 'text';
  return { kind, choices };
}
