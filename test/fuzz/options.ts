// options — the command line of `npm run fuzz`.

import { parseArgs } from 'node:util';

export interface Options {
  readonly minutes: number;
  /** Of the targets to fuzz; all unless given. */
  readonly targets: readonly string[];
  readonly seed: number;
  /** The corpora become what was found to be worth keeping. */
  readonly keep: boolean;
  /** What is printed instead. */
  readonly text: string | undefined;
}

export interface Listed {
  readonly name: string;
  readonly sentence: string;
}

export class UsageError extends Error {}

/** @param all the targets there are */
export function parseOptions(args: readonly string[], all: readonly Listed[]): Options {
  const values = read(args);
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= 10_000)) {
    throw new UsageError(`--minutes takes a number above 0, not "${values.minutes}".`);
  }
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed)) throw new UsageError(`--seed takes a whole number, not "${values.seed}".`);
  const names = all.map(({ name }) => name);
  const targets = values.target?.split(',') ?? names;
  const unknown = targets.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new UsageError(`there is no target "${unknown}": ${names.join(', ')}.`);
  const text = values.help === true ? help : values.list === true ? listOf(all) : undefined;
  return { minutes, targets, seed, keep: values.keep === true, text };
}

// ---------------------------------------------------------------------------------------------------------------------

const help = `Usage: npm run fuzz -- [OPTIONS]

Gives what reads foreign bytes inputs that take new ways through it, and looks whether all is as it must be.

  --minutes M      for all targets together (default: 5)
  --target LIST    of those that --list shows (default: all)
  --seed N         of the chance by which inputs are made (default: another each time)
  --keep           rewrite the corpora: the inputs that show all that was ever shown
  --list           print the targets, and end
  --help           print this

Inputs that are answered wrongly are put into the corpus of their target at once; the exit code is 1 then.
`;

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '5' },
        target: { type: 'string' },
        seed: { type: 'string', default: String(process.pid) },
        keep: { type: 'boolean' },
        list: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function listOf(all: readonly Listed[]): string {
  const width = Math.max(...all.map(({ name }) => name.length)) + 2;
  return all.map(({ name, sentence }) => `${name.padEnd(width)}${sentence}\n`).join('');
}
