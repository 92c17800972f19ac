// main — the bench: everything of one run, from the options to the table, the record and the chart.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chart } from './chart.ts';
import { type Contestant, describeRecipe, enlist } from './contestants.ts';
import { doubts } from './doubts.ts';
import { absences, figures, picturedFigures, type Sample, serverIds } from './figures.ts';
import { chooseCores, describeMachine } from './machine.ts';
import { programsFor } from './needs.ts';
import { helpText, type Options, parseOptions, UsageError } from './options.ts';
import { killAll, pinSelf, which } from './processes.ts';
import { openProgress } from './progress.ts';
import { failures, judge } from './promises.ts';
import { measureAll, zoneNames } from './rounds.ts';
import { summarise } from './statistics.ts';
import { table } from './table.ts';
import { childrenOf, compileTools, repository } from './tools.ts';
import { nsdConfig, startUpstream } from './upstream.ts';

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`\nbench: ${message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
} finally {
  killAll(); // a living child would keep this process waiting
}

async function main(options: Options): Promise<number> {
  if (options.help) {
    process.stdout.write(helpText());
    return 0;
  }
  const root = repository();
  const tools = compileTools(root);
  const { present, missing } = enlist(options.servers, tools, root);
  if (options.printConfig) {
    process.stdout.write(
      `${configs(present)
        .map(([name, text]) => `── ${name}\n${text}`)
        .join('\n\n')}\n`,
    );
    return 0;
  }
  if (programsFor(options).includes('dnsperf') && which('dnsperf') === undefined)
    throw new Error('The load generator is missing: install the package dnsperf.');

  const parent = mkdtempSync(join(tmpdir(), 'twindns-bench-'));
  cleanUpAtExit(parent);
  const cores = chooseCores();
  pinSelf(cores.load);
  const progress = openProgress(process.stderr, () => performance.now());
  for (const sentence of missing) progress.note(`left out: ${sentence}`);
  progress.step('starting the upstream');
  const upstream = await startUpstream(parent, cores.load, zoneNames, childrenOf);
  const samples = await measureAll({ options, tools, cores, parent, upstream, progress }, present);
  progress.done();
  return report(options, present, samples, options.out ? resolve(options.out) : join(root, 'test/bench/out'));
}

function report(
  options: Options,
  present: readonly Contestant[],
  samples: readonly Sample[],
  out: string,
): number {
  const taking = serverIds.filter((id) => present.some(({ server }) => server === id));
  const rows = summarise(samples, figures, taking);
  const verdicts = judge(samples);
  const broken = failures(verdicts, options.partial);
  const notes = doubts(samples, rows, figures);
  const machine = describeMachine();

  mkdirSync(out, { recursive: true });
  const record = {
    machine,
    options,
    servers: Object.fromEntries(configs(present)),
    rows,
    verdicts,
    notes,
    samples,
  };
  writeFileSync(join(out, 'bench.json'), `${JSON.stringify(record, null, 2)}\n`);
  writeFileSync(join(out, 'bench.svg'), chart(rows, figures, taking, caption(options, machine)));

  if (options.picture !== undefined)
    writeFileSync(options.picture, chart(rows, picturedFigures, taking, caption(options, machine)));

  const absent = absences.filter(({ server }) => taking.includes(server));
  const lines = [
    machine,
    '',
    table(rows, figures, taking),
    ...absent.map(
      ({ server, measures, because }) => `– ${server} has no ${measures.join(', ')}: ${because}.`,
    ),
    ...notes.map((note) => `! ${note}`),
    ...(taking.includes('twindns')
      ? ['', ...verdicts.map(({ outcome, sentence }) => `${outcome.padEnd(11)}${sentence}`)]
      : []),
    '',
    `${join(out, 'bench.json')} and bench.svg are written.`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (!options.check || broken.length === 0) return 0;
  process.stdout.write(`\nPromises not kept:\n${broken.map(({ sentence }) => `  ${sentence}`).join('\n')}\n`);
  return 1;
}

function caption(options: Options, machine: string): string[] {
  return [
    `Medians of ${options.rounds} interleaved rounds of ${options.seconds} s, of a node's load ${options.nodeSeconds} s; whiskers: lowest and highest round. Shorter is better.`,
    'Servers on one core, load (dnsperf) and upstream (NSD) on another. pair: both instances of a node, together.',
    `Full load, but where paced: hits at ${thousands(options.rateHit)}, misses at ${thousands(options.rateMiss)}, ` +
      `delays at ${thousands(options.rateLatency)} queries/s.`,
    machine,
  ];
}

function thousands(count: number): string {
  return count.toLocaleString('en-US');
}

function configs(present: readonly Contestant[]): [string, string][] {
  const contestants = present.map((one): [string, string] => [one.server, describeRecipe(one)]);
  return [...contestants, ['nsd (upstream)', nsdConfig('/tmp/bench', 5353)]];
}

/** Ctrl-C, errors and the normal end all pass through `exit`. */
function cleanUpAtExit(parent: string): void {
  process.once('exit', () => {
    killAll();
    rmSync(parent, { recursive: true, force: true, maxRetries: 3 });
  });
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const) {
    process.on(signal, () => process.exit(128 + number)); // also while it exits: one Ctrl-C may come by two ways
  }
}
