// options — reads what an instance was told: flag, then environment, then default. An empty environment variable counts as not
// set.

import { TwindnsError } from '../errors.ts';
import { type OptionName, runOptions } from './option-table.ts';
import { type OptionRow, optionTypes, type Values } from './option-types.ts';

/** What was told, each value in the type its row says. */
export type Options = { readonly [Row in (typeof runOptions)[number] as Row['name']]: Values[Row['type']] };

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads every option of the table.
 *
 * @param flags texts given on the command line, by name
 * @throws TwindnsError USAGE, naming the flag or variable, the value, and what would be right
 */
export function readOptions(flags: Readonly<Partial<Record<OptionName, string>>>, env: Environment): Options {
  const entries = runOptions.map((row) => [row.name, readOption(row, flags[row.name], env)] as const);
  return Object.fromEntries(entries) as unknown as Options;
}

/** One option as people read it, e.g. `--port N`. */
export function flagOf(name: OptionName): string {
  return `--${name} ${runOptions.find((row) => row.name === name)!.placeholder}`.trimEnd();
}

/** The word that gives an option this value on a command line, `on` or `off` if it is a switch. */
export function argumentFor(name: OptionName, text: string): string {
  if (runOptions.find((row) => row.name === name)!.type !== 'switch') return `--${name}=${text}`;
  return text === 'on' ? `--${name}` : `--no-${name}`;
}

// ---------------------------------------------------------------------------------------------------------------------

function readOption(row: OptionRow, flag: string | undefined, env: Environment): unknown {
  const [origin, text] = originOf(row, flag, env);
  const outcome = optionTypes[row.type](text, row);
  if ('value' in outcome) return outcome.value;
  throw new TwindnsError(
    'USAGE',
    `${origin} is ${JSON.stringify(text)}: ${outcome.wrong}. Give ${outcome.right}.`,
  );
}

function originOf(
  row: OptionRow,
  flag: string | undefined,
  env: Environment,
): [origin: string, text: string] {
  if (flag !== undefined) return [`--${row.name}`, flag.trim()];
  const fromEnv = env[row.env]?.trim();
  // A Service named `twindns` makes Kubernetes set TWINDNS_PORT=tcp://10.96.0.10:53 in every pod of its namespace.
  const fromService = row.type === 'integer' && /^(tcp|udp|sctp):\/\//.test(fromEnv ?? '');
  if (fromEnv && !fromService) return [`environment variable ${row.env}`, fromEnv];
  return [`--${row.name}`, row.default];
}
