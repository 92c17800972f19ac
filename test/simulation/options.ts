// options — the command line of `npm run simulate`.

import { parseArgs } from 'node:util';

export interface Options {
  readonly schedules: number;
  /** Of the first one; those behind it follow. */
  readonly seed: number;
  /** Whether that one alone is run, and told. */
  readonly story: boolean;
  /** Whether it is told with nothing in it that it does not need to go wrong. */
  readonly shrink: boolean;
  /** Whether calls fail, too. */
  readonly failing: boolean;
  /** The file it is drawn into. */
  readonly picture: string | undefined;
  /** What is printed instead. */
  readonly text: string | undefined;
}

export class UsageError extends Error {}

const help = `Usage: npm run simulate -- [OPTIONS]

Runs lives of a pair in a simulated kernel, each chosen by a seed; ends with 1 when one goes wrong.

  --schedules N  how many, from the seed on (default: 1000)
  --seed S       the first seed (default: 1)
  --story        run that seed alone, and tell what happens
  --shrink       the same of a seed that goes wrong, with as little as it takes
  --failing      calls fail, too, as Linux lets them
  --picture FILE draw what happens with that seed (SVG)
  --help         this text
`;

export function parseOptions(args: readonly string[]): Options {
  const values = read(args);
  const schedules = Number(values.schedules ?? 1000);
  if (!Number.isSafeInteger(schedules) || schedules < 1)
    throw new UsageError(`--schedules takes a number above 0, not "${values.schedules}".`);
  const seed = Number(values.seed ?? 1);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new UsageError(`--seed takes a whole number, not "${values.seed}".`);
  return {
    schedules,
    seed,
    story: values.story === true,
    shrink: values.shrink === true,
    failing: values.failing === true,
    picture: values.picture,
    text: values.help === true ? help : undefined,
  };
}

// ---------------------------------------------------------------------------------------------------------------------

function read(args: readonly string[]) {
  const options = {
    schedules: { type: 'string' },
    seed: { type: 'string' },
    story: { type: 'boolean' },
    shrink: { type: 'boolean' },
    failing: { type: 'boolean' },
    picture: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
