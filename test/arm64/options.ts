// options — the command line of `npm run arm64`.

import { parseArgs } from 'node:util';

/** units: node-reuseport's tests, its system calls translated. machine: those of the fence, and disasters, on an arm64 kernel. */
export const parts = ['units', 'machine'] as const;
export type Part = (typeof parts)[number];

export interface Options {
  readonly parts: readonly Part[];
  /** UDP queries a second. */
  readonly rate: number;
  /** TCP connections. */
  readonly connections: number;
  /** Of each scenario. */
  readonly disasters: number;
  /** What is printed instead. */
  readonly text: string | undefined;
}

export class UsageError extends Error {}

export function parseOptions(args: readonly string[]): Options {
  const values = read(args);
  const named = values.part?.split(',') ?? parts;
  const unknown = named.find((name) => !parts.some((part) => part === name));
  if (unknown !== undefined) throw new UsageError(`there is no part "${unknown}": ${parts.join(', ')}.`);
  return {
    parts: parts.filter((part) => named.includes(part)),
    rate: positive('--rate', values.rate),
    connections: positive('--connections', values.connections),
    disasters: positive('--disasters', values.disasters),
    text: values.help === true ? help : undefined,
  };
}

// ---------------------------------------------------------------------------------------------------------------------

const help = `Usage: npm run arm64 -- [OPTIONS]

Builds node-reuseport for arm64, and runs it and twindns there: its tests on this kernel, by translation, and then a whole
emulated machine with Debian's arm64 kernel, on which instances are killed, stopped and updated under load.

  --part LIST       units, machine (default: both)
  --rate N          UDP queries a second (default: 200)
  --connections N   TCP connections (default: 10)
  --disasters N     a scenario (default: 3)
  --help            print this

What is missing is installed, on Debian, as root. It takes some ten minutes of a processor; dist/arm64 keeps what was downloaded. Losses and wrong answers count, delays do not: the machine is a slow one.
`;

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        part: { type: 'string' },
        rate: { type: 'string', default: '200' },
        connections: { type: 'string', default: '10' },
        disasters: { type: 'string', default: '3' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function positive(flag: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new UsageError(`${flag} takes a whole number above 0, not "${text}".`);
}
