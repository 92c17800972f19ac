// command-text — a command of the program as data: what it is called, what it takes, what it is for. The room that does the
// work writes it down, `cli` makes a command of it.

import type { OptionName } from './options/option-table.ts';
import type { OptionRow } from './options/option-types.ts';

export interface CommandText {
  readonly name: string;
  /** For the list of commands; begins in lower case, no full stop. */
  readonly summary: string;
  /** For its own help; sentences. */
  readonly purpose: string;
  readonly examples: readonly string[];
  readonly argument?: Argument;
  readonly second?: Argument;
  /** Its own options, in the order of the help. */
  readonly options?: readonly OwnOption[];
  /** The options it shares with `twindns run`; they come after its own. */
  readonly rows?: readonly OptionRow[];
}

export interface Argument {
  /** `<ACTION>`, or `[SCENARIO...]` where none or several may be given. */
  readonly term: string;
  readonly sentence?: string;
  readonly choices?: readonly string[];
}

export interface OwnOption {
  /** Without its dashes. */
  readonly name: string;
  /** What stands for the value in the help; a switch has none. */
  readonly placeholder?: string;
  readonly sentence: string;
}

/** What was given of a command's own options: texts, and true for switches. */
export type OwnFlags<T extends CommandText> = {
  readonly [O in Exclude<T['options'], undefined>[number] as O['name']]?: O extends { placeholder: string }
    ? string
    : true;
};

/** Option texts as they were given; what was not given is not there. */
export type Flags = Readonly<Partial<Record<OptionName, string>>>;

/** The words of a command line behind the command's name. */
export interface Given<T extends CommandText> {
  readonly words: readonly string[];
  readonly flags: Flags;
  readonly own: OwnFlags<T>;
}

/** A command that another room brings. */
export interface BroughtCommand {
  readonly text: CommandText;
  readonly act: (given: Given<CommandText>) => Promise<void>;
}

/** Of a text as it is written, so that `act` is given just the options that are in it. */
export function brought<T extends CommandText>(
  text: T,
  act: (given: Given<T>) => Promise<void>,
): BroughtCommand {
  return { text, act: act as BroughtCommand['act'] };
}
