// main — npm run fuzz: targets one after the other, each for its share of the time; then a table.

import { corpusFile, type Kept, readCorpus, writeCorpus } from './corpus.ts';
import { type CountedBundle, countedBundle } from './counted-bundle.ts';
import { fuzzNative, nativeTargets } from './native.ts';
import { type Options, parseOptions, UsageError } from './options.ts';
import { progressLine, report } from './report.ts';
import { session } from './session.ts';
import { inShares } from './shares.ts';
import { targets } from './targets/all.ts';
import type { Progress } from './thread.ts';

/** Milliseconds between two lines about a target. */
const TOLD = 10_000;

try {
  const native = await nativeTargets();
  const options = parseOptions(process.argv.slice(2), [...targets, ...native]);
  if (options.text !== undefined) process.stdout.write(options.text);
  else process.exitCode = await fuzz(options, new Set(native.map(({ name }) => name)));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

// ---------------------------------------------------------------------------------------------------------------------

async function fuzz(options: Options, native: ReadonlySet<string>): Promise<number> {
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());
  const bundle = await countedBundle('dist/test/fuzz/targets/all.js');
  const turn = async (target: string, seconds: number): Promise<Progress> => {
    const row = native.has(target)
      ? await fuzzNative(target, seconds, options.seed, options.keep)
      : await fuzzHere(target, seconds, options, bundle, stopped.signal);
    process.stdout.write(`${progressLine(row)}\n`);
    return row;
  };
  const rows = await inShares(options.targets, options.minutes * 60, turn, () => stopped.signal.aborted);
  bundle.remove();
  process.stdout.write(`\n${report(rows)}`);
  return rows.some(({ findings }) => findings.length > 0) ? 1 : 0;
}

async function fuzzHere(
  name: string,
  seconds: number,
  { seed, keep }: Options,
  bundle: CountedBundle,
  signal: AbortSignal,
): Promise<Progress> {
  const file = corpusFile(name);
  const corpus = readCorpus(file);
  let told = 0;
  const [row] = await session(bundle, {
    turns: [{ target: name, milliseconds: seconds * 1000, inputs: corpus.map(({ bytes }) => bytes) }],
    seed,
    most: Math.max(...targets.map(({ most }) => most), ...corpus.map(({ bytes }) => bytes.length)),
    signal,
    tell(progress) {
      if (progress.seconds * 1000 - told < TOLD) return;
      told = progress.seconds * 1000;
      process.stdout.write(`${progressLine(progress)}\n`);
    },
  });
  if (row === undefined) throw new Error(`${name} was ended before it began`);
  keepFindings(file, corpus, row, keep);
  return row;
}

/** Crashes are kept whatever is asked: tests are red until they are mended. */
function keepFindings(file: string, corpus: readonly Kept[], row: Progress, keep: boolean): void {
  const found = row.findings.map(({ input }) => ({ bytes: Buffer.from(input), found: true }));
  const before = keep && row.minimised !== undefined ? corpus.filter((kept) => kept.found) : corpus;
  const fresh = keep
    ? (row.minimised ?? []).map((input) => ({ bytes: Buffer.from(input), found: false }))
    : [];
  if (found.length > 0 || keep) writeCorpus(file, [...before, ...found, ...fresh]);
}
