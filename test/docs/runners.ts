// runners — how each kind of command a page shows is tried; a command that is none of them must not be shown.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort, twoFreePorts } from '../lab/free-port.ts';
import { readText, repositoryFiles, root } from '../repository/files.ts';
import type { Block } from './blocks.ts';
import { clusterProblems } from './cluster-command.ts';
import type { DemoPair } from './demo-pair.ts';
import { systemdProblems } from './systemd-command.ts';

export interface Place {
  /** Runs meanwhile. */
  readonly demo: DemoPair;
  /** Of the page; its commands are typed at the root, or where a package of its own lies. */
  readonly folder: string;
}

interface Runner {
  readonly pattern: RegExp;
  /** @returns what it printed; rejects if the command does not do what it is shown for */
  readonly run: (words: readonly string[], place: Place) => Promise<string>;
}

export function isShell({ language }: Block): boolean {
  return language === 'sh' || language === 'console';
}

export const runners: readonly Runner[] = [
  { pattern: /^npm start$/, run: async (_words, { demo }) => demo.output },
  {
    pattern: /^npm run (chaos|bench|fuzz|simulate|arm64) --/,
    run: ([, , name, , ...words]) => readArguments(name!, words),
  },
  { pattern: /^npm test \S/, run: async ([, , part]) => checkTests(part!) },
  { pattern: /^npm (test|run)\b/, run: async ([, ...words], { folder }) => checkScript(words, folder) },
  {
    pattern: /^(TWINDNS_\w+=\S+ )*npx twindns (run|pair)\b/,
    run: (words) => serveForAMoment(words),
  },
  { pattern: /^npx twindns net watch\b/, run: (words) => serveForAMoment(words) },
  {
    // Exit code 1 is an answer: on a machine that does much else something may be wrong for a moment.
    pattern: /^npx twindns diagnose\b/,
    run: (words, { demo }) => execute(process.execPath, [program, ...ported(words.slice(2), demo)], [0, 1]),
  },
  {
    pattern: /^npx twindns status\b/,
    run: (words, { demo: { admin } }) =>
      execute(process.execPath, [
        program,
        ...words.slice(2),
        '--admin',
        `127.0.0.1:${admin},127.0.0.1:${admin + 1}`,
      ]),
  },
  {
    // There is no cluster to look at: its words are read.
    pattern: /^npx twindns preflight\b/,
    run: (words) => execute(process.execPath, [program, ...words.slice(2), '--help']),
  },
  {
    pattern: /^npx twindns\b/,
    run: (words, { demo }) => execute(process.execPath, [program, ...ported(words.slice(2), demo)]),
  },
  { pattern: /^dig\b/, run: (words, { demo }) => execute('dig', ported(words.slice(1), demo)) },
  { pattern: /^(kubectl|docker|helm) /, run: async (words) => checkForCluster(words.join(' ')) },
  {
    pattern: /^(systemctl|systemd-sysusers|cp|mkdir)\b/,
    run: async (words) => checkForSystemd(words.join(' ')),
  },
  { pattern: /^curl http:\S+$/, run: ([, url = ''], { demo }) => fetched(ported([url], demo)[0]!) },
];

export function runnerOf(command: string): Runner | undefined {
  return runners.find(({ pattern }) => pattern.test(command));
}

// ---------------------------------------------------------------------------------------------------------------------

const program = join(root, 'dist/bundle/twindns.mjs');

/** The ports of the page become those of the demo pair. */
function ported(words: readonly string[], { port, admin }: DemoPair): string[] {
  const ports = new Map([
    ['5353', port],
    ['9253', admin],
    ['9254', admin + 1],
  ]);
  return words.map((word) => word.replace(/\b(5353|9253|9254)\b/, (shown) => String(ports.get(shown))));
}

/** What takes long is not run from here: it reads its arguments, and says what it could do. */
async function readArguments(name: string, words: readonly string[]): Promise<string> {
  const dry = {
    chaos: [join(root, 'dist/src/main.js'), 'chaos', ...words, '--list'],
    bench: [join(root, 'dist/test/bench/main.js'), ...words, '--help'],
    fuzz: [join(root, 'dist/test/fuzz/main.js'), ...words, '--list'],
    simulate: [join(root, 'dist/test/simulation/main.js'), ...words, '--help'],
    arm64: [join(root, 'dist/test/arm64/main.js'), ...words, '--help'],
  }[name]!;
  await execute(process.execPath, dry);
  return '';
}

async function checkTests(part: string): Promise<string> {
  const found = repositoryFiles().some((path) => path.includes(part) && /\.test\.(ts|mjs)$/.test(path));
  if (!found) throw new Error(`no test file matches ${part}`);
  return '';
}

/** Other scripts have to exist. */
async function checkScript([first = '', second = '']: readonly string[], folder: string): Promise<string> {
  const name = first === 'run' ? second : first;
  const file = existsSync(join(root, folder, 'package.json')) ? `${folder}/package.json` : 'package.json';
  const { scripts } = JSON.parse(readText(file)) as { scripts: Record<string, string> };
  if (!Object.hasOwn(scripts, name)) throw new Error(`${file} has no script "${name}"`);
  return '';
}

async function checkForCluster(command: string): Promise<string> {
  const problems = clusterProblems(command);
  if (problems.length > 0) throw new Error(`${command}: ${problems.join('; ')}`);
  return '';
}

async function checkForSystemd(command: string): Promise<string> {
  const problems = systemdProblems(command);
  if (problems.length > 0) throw new Error(`${command}: ${problems.join('; ')}`);
  return '';
}

function execute(command: string, args: readonly string[], well: readonly unknown[] = [0]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: 60_000 }, (error, stdout) => {
      if (error === null || well.includes(error.code)) resolve(stdout);
      else reject(error);
    });
  });
}

async function fetched(url: string): Promise<string> {
  const [response] = await once(get(url, { agent: false }), 'response');
  return text(response);
}

/** What changes a node does so to a network namespace of its own; there are kernels that have tun and no dummy. */
const alone = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
const onThisKernel = ['--interface-type', 'tun'];

/** What an instance says that waits for a cluster DNS: the pages name servers that are not here. */
const waits = 'until it has, this instance captures nothing';

/** Runs until it serves or waits, then ends it by SIGTERM; it has to end with 0. Ports are free ones. */
async function serveForAMoment(words: readonly string[]): Promise<string> {
  const from = words.indexOf('npx');
  const env = Object.fromEntries(words.slice(0, from).map((word) => word.split('=') as [string, string]));
  const ports = ['--port', String(await freePort()), '--admin', `127.0.0.1:${await twoFreePorts()}`];
  const changesNode = words.includes('--leader') || words.includes('net');
  const [file, ...args] = [
    ...(changesNode ? alone : []),
    ...[process.execPath, program, ...words.slice(from + 2), ...ports],
    ...(changesNode ? onThisKernel : []),
  ];
  const child = spawn(file!, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const ready = ['run', 'net'].some((word) => words.includes(word))
    ? new RegExp(`"msg":"(listening|the interface and the rules are seen to)"|${waits}`)
    : new RegExp(`Ctrl-C|${waits}`);
  let said = '';
  let told = false;
  const take = (part: string) => {
    said += part;
    if (told || !ready.test(said)) return;
    told = true; // once: a second signal means at once
    child.kill('SIGTERM');
  };
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', take);
  const [code] = await closed;
  if (code !== 0) throw new Error(`ended with ${code}: ${said}`);
  return said;
}
