// options — the bench's own command line: one table, from which parsing and help are made.

import { parseArgs } from 'node:util';
import { type MeasureId, measureIds, type ServerId, serverIds } from './figures.ts';

export interface Options {
  readonly rounds: number;
  readonly seconds: number;
  /** Length of a turn of the loads of a node, and of idleness. */
  readonly nodeSeconds: number;
  readonly only: readonly MeasureId[];
  /** Undefined: whoever is installed. */
  readonly servers: readonly ServerId[] | undefined;
  readonly rateHit: number;
  readonly rateMiss: number;
  readonly rateLatency: number;
  readonly clients: number;
  readonly outstanding: number;
  readonly out: string | undefined;
  /** Where the short picture for a page goes. */
  readonly picture: string | undefined;
  readonly check: boolean;
  readonly printConfig: boolean;
  readonly help: boolean;
  /** The user left something out on purpose. */
  readonly partial: boolean;
}

interface Flag {
  readonly name: string;
  readonly value: string | undefined;
  readonly fallback: string | undefined;
  readonly sentence: string;
}

const flags: readonly Flag[] = [
  { name: 'rounds', value: 'N', fallback: '5', sentence: 'interleaved rounds of each measure' },
  { name: 'seconds', value: 'S', fallback: '2', sentence: 'length of one server’s turn in a round' },
  {
    name: 'node-seconds',
    value: 'S',
    fallback: '30',
    sentence: 'the same of idle and node rows, behind 32 s of that load; 3 rounds at most',
  },
  { name: 'only', value: 'LIST', fallback: undefined, sentence: `of ${measureIds.join(',')}` },
  {
    name: 'servers',
    value: 'LIST',
    fallback: undefined,
    sentence: `of ${serverIds.join(',')}; default: the installed`,
  },
  {
    name: 'rate-hit',
    value: 'Q',
    fallback: '60000',
    sentence: 'cached queries a second of the paced load, the same for all servers',
  },
  { name: 'rate-miss', value: 'Q', fallback: '15000', sentence: 'new names a second of the paced load' },
  {
    name: 'rate-latency',
    value: 'Q',
    fallback: '20000',
    sentence: 'queries a second while delays are measured',
  },
  { name: 'clients', value: 'N', fallback: '20', sentence: 'source ports, or TCP connections, of the load' },
  { name: 'outstanding', value: 'N', fallback: '200', sentence: 'most queries unanswered at a time' },
  {
    name: 'out',
    value: 'DIR',
    fallback: undefined,
    sentence: 'bench.json and bench.svg; default: test/bench/out',
  },
  {
    name: 'picture',
    value: 'FILE',
    fallback: undefined,
    sentence: 'draw what a reader asks first as SVG: CPU and memory',
  },
  {
    name: 'check',
    value: undefined,
    fallback: undefined,
    sentence: 'exit 1 when a promise of the project is broken',
  },
  {
    name: 'print-config',
    value: undefined,
    fallback: undefined,
    sentence: 'print how each server is set up, and end',
  },
  { name: 'help', value: undefined, fallback: undefined, sentence: 'print this' },
];

export class UsageError extends Error {}

export function parseOptions(args: readonly string[]): Options {
  const values = rawValues(args);
  const text = (name: string) => values[name] as string | undefined;
  const number = (name: string, least: number): number => {
    const given = text(name) ?? flags.find((flag) => flag.name === name)?.fallback ?? '';
    const parsed = given.trim() === '' ? Number.NaN : Number(given);
    if (!(parsed >= least && Number.isFinite(parsed))) {
      throw new UsageError(`--${name} takes a number of at least ${least}, not "${given}".`);
    }
    return parsed;
  };
  const whole = (name: string): number => {
    const parsed = number(name, 1);
    if (!Number.isInteger(parsed)) throw new UsageError(`--${name} takes a whole number, not "${parsed}".`);
    return parsed;
  };
  const only = list('only', text('only'), measureIds);
  const chosen = list('servers', text('servers'), serverIds);
  return {
    rounds: whole('rounds'),
    seconds: number('seconds', 0.1),
    nodeSeconds: number('node-seconds', 0.1),
    only: only ?? measureIds,
    servers: chosen,
    rateHit: whole('rate-hit'),
    rateMiss: whole('rate-miss'),
    rateLatency: whole('rate-latency'),
    clients: whole('clients'),
    outstanding: whole('outstanding'),
    out: text('out'),
    picture: text('picture'),
    check: values.check === true,
    printConfig: values['print-config'] === true,
    help: values.help === true,
    partial: only !== undefined || chosen !== undefined,
  };
}

export function helpText(): string {
  const lines = flags.map(({ name, value, fallback, sentence }) => {
    const left = `  --${name}${value ? ` ${value}` : ''}`;
    return `${left.padEnd(20)}${sentence}${fallback ? ` (${fallback})` : ''}`;
  });
  return `Usage: npm run bench -- [options]

Measures twindns beside other DNS caches and beside the least an answer can cost, in one run:
servers on one core, load on another, rounds interleaved, medians. First what a node sees, idle
and at 50 to 5,000 queries a second; then what one answer costs at full load. A full run takes
about two hours, most of it the node's rows: --only has others, and --rounds 1 takes a third.

${lines.join('\n')}

Environment: TWINDNS_MAIN is the program to measure (default: dist/bundle/twindns.mjs), COREDNS
that of CoreDNS, where it is not on PATH.
Exit code: 0 done, 1 failed or, with --check, a promise is broken, 2 wrong usage.
`;
}

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function rawValues(args: readonly string[]): Record<string, string | boolean | undefined> {
  const options = Object.fromEntries(
    flags.map(({ name, value }) => [name, { type: value ? ('string' as const) : ('boolean' as const) }]),
  );
  try {
    return parseArgs({ args: [...args], options, strict: true }).values as Record<
      string,
      string | boolean | undefined
    >;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function list<T extends string>(
  flag: string,
  given: string | undefined,
  known: readonly T[],
): readonly T[] | undefined {
  if (given === undefined) return undefined;
  const words = given.split(',').map((word) => word.trim());
  const unknown = words.find((word) => !known.some((id) => id === word));
  if (unknown !== undefined) throw new UsageError(`--${flag}: "${unknown}" is none of ${known.join(', ')}.`);
  return known.filter((id) => words.includes(id));
}
