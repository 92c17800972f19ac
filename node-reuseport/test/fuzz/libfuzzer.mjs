// libfuzzer — builds the targets with clang, its libFuzzer and sanitizers, and runs them: on their corpora, and on from there.

import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../..');
const program = join(root, 'build/fuzz/targets');

/** Longest input, bytes; and seconds for which an input may keep the process, where other programs want the processor, too. */
const LONGEST = 2048;
const PATIENCE = 60;

export const targets = [
  { name: 'c-datagrams', sentence: 'node-reuseport receives batches of datagrams and sends replies' },
  { name: 'c-messages', sentence: 'node-reuseport receives messages with descriptors' },
  { name: 'c-streams', sentence: 'node-reuseport reads and writes TCP connections, fences too' },
  { name: 'c-shared-memory', sentence: 'node-reuseport maps what another process shares' },
  { name: 'c-addresses', sentence: 'node-reuseport reads and writes addresses' },
  { name: 'c-calls', sentence: 'node-reuseport is called with arguments of every kind' },
];

/** Everything but the entry of the module and the poller, which need Node itself. @throws when it cannot be built */
export function build() {
  const own = readdirSync(join(root, 'src')).filter((name) => name.endsWith('.c'));
  const sources = [
    ...own.filter((name) => name !== 'addon.c' && name !== 'poller.c').map((name) => `src/${name}`),
    ...readdirSync(here)
      .filter((name) => name.endsWith('.c'))
      .map((name) => `test/fuzz/${name}`),
  ];
  if (existsSync(program) && newest(['src', 'test/fuzz']) <= statSync(program).mtimeMs) return;
  const flags = ['-std=c11', '-O1', '-g', '-Wall', '-Wextra', '-Werror'];
  const defines = ['-D_GNU_SOURCE', '-DNAPI_VERSION=8', '-DASSERT_DATAGRAMS'];
  const checks = [
    '-fsanitize=fuzzer,address,undefined',
    '-fno-sanitize-recover=all',
    '-fsanitize-coverage-ignorelist=test/fuzz/uncounted.txt',
  ];
  mkdirSync(dirname(program), { recursive: true });
  const made = `${program}.${process.pid}`; // another process may be building, too
  const args = [...flags, ...defines, ...checks, `-I${headers()}`, ...sources, '-ldl', '-o', made];
  const { error, status, stderr } = spawnSync('clang', args, { cwd: root, encoding: 'utf8' });
  if (error?.code === 'ENOENT')
    throw new Error('there is no clang. On Debian and Ubuntu: apt-get install clang libclang-rt-dev');
  if (status !== 0) throw new Error(`the fuzz targets could not be compiled:\n${error ?? stderr}`);
  renameSync(made, program);
}

/**
 * Runs a target for some seconds.
 * @param how.runs so many inputs instead, those of the corpus included
 * @returns what has come of it, in the form that `npm run fuzz` of twindns knows, too
 */
export async function fuzz(target, seconds, { seed = 1, keep = false, runs = 0 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  try {
    const corpus = readCorpus(target);
    const inputs = unpack(join(folder, 'inputs'), corpus);
    mkdirSync(join(folder, 'found'));
    const begun = performance.now();
    const { output, failed } = await run(target, [
      runs > 0 ? `-runs=${runs}` : `-max_total_time=${seconds}`,
      `-seed=${seed}`,
      `-artifact_prefix=${folder}/found/`,
      inputs,
    ]);
    const took = (performance.now() - begun) / 1000;
    const findings = readdirSync(join(folder, 'found')).map((name) => ({
      what: whatOf(output),
      input: readFileSync(join(folder, 'found', name)).toJSON().data,
    }));
    if (failed && findings.length === 0) findings.push({ what: output.slice(-2000), input: [] });
    if (findings.length > 0 || keep) {
      const merged = keep ? await minimised(target, folder, inputs) : corpus.filter(({ found }) => !found);
      const marked = [...corpus.filter(({ found }) => found), ...findings.map(asFound)];
      writeCorpus(target, [...marked, ...merged]);
    }
    return {
      target,
      seconds: took,
      findings,
      ...numbersOf(output),
      discovered: readdirSync(inputs).length - corpus.length,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** Node's own, beside the binary. */
function headers() {
  const beside = join(dirname(dirname(process.execPath)), 'include/node');
  return existsSync(beside) ? beside : join(process.env.npm_config_nodedir ?? '', 'include/node');
}

function newest(folders) {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(root, folder, name)),
  );
  return Math.max(...files.map((path) => (statSync(path).isFile() ? statSync(path).mtimeMs : 0)));
}

async function run(target, args) {
  const child = spawn(
    program,
    ['-print_final_stats=1', `-max_len=${LONGEST}`, `-timeout=${PATIENCE}`, ...args],
    {
      env: { ...process.env, FUZZ_TARGET: target },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const stop = () => child.kill('SIGINT'); // it ends in order then
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);
  const ended = new Promise((resolve) => child.on('exit', (status) => resolve(status)));
  const output = await text(child.stderr);
  const status = await ended;
  for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, stop);
  return { output, failed: status !== 0 };
}

/** The inputs that show all that was ever shown. */
async function minimised(target, folder, inputs) {
  const merged = join(folder, 'merged');
  mkdirSync(merged);
  await run(target, ['-merge=1', merged, inputs]);
  return readdirSync(merged).map((name) => ({ bytes: readFileSync(join(merged, name)), found: false }));
}

function whatOf(output) {
  const line = /^(must: .*|.*runtime error: .*|.*SUMMARY: .*|.*Assertion .*)$/m.exec(output)?.[1];
  return line ?? output.slice(-500);
}

function numbersOf(output) {
  const executions = Number(/number_of_executed_units: (\d+)/.exec(output)?.[1] ?? 0);
  const [branches = 0, features = 0] =
    (output.match(/cov: \d+ ft: \d+/g) ?? ['']).at(-1).match(/\d+/g)?.map(Number) ?? [];
  return { executions, branches, features };
}

// A line an input, in base64; those that were once answered wrongly have a mark in front, and stay.

const mark = '! ';

function fileOf(target) {
  return join(here, 'corpus', `${target}.txt`);
}

function readCorpus(target) {
  if (!existsSync(fileOf(target))) return [];
  const lines = readFileSync(fileOf(target), 'latin1')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => ({
    bytes: Buffer.from(line.replace(mark, ''), 'base64'),
    found: line.startsWith(mark),
  }));
}

function writeCorpus(target, inputs) {
  const lines = inputs.map(({ bytes, found }) => `${found ? mark : ''}${bytes.toString('base64')}`);
  const sorted = [...new Set(lines)].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  writeFileSync(fileOf(target), sorted.map((line) => `${line}\n`).join(''));
}

function asFound({ input }) {
  return { bytes: Buffer.from(input), found: true };
}

function unpack(folder, corpus) {
  mkdirSync(folder);
  for (const [i, { bytes }] of corpus.entries()) writeFileSync(join(folder, `kept-${i}`), bytes);
  return folder;
}
