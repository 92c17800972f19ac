// set-up — from a fresh checkout to a running command: what is missing or stale is installed and built, nothing else.
//
// Plain JavaScript without dependencies, since it runs before anything is installed: npm start, build, test, bench, bundle,
// fuzz, simulate, chaos and arm64.

import { availableParallelism } from 'node:os';
import { buildBundle, buildNative, buildTypeScript, installPackages } from './set-up/build.mjs';
import { bundle } from './set-up/bundle.mjs';
import { knownText } from './set-up/known-texts.mjs';
import { checkMachine, installEmulators, installPeers } from './set-up/machine.mjs';
import { runNode, stopUnless } from './set-up/process.mjs';
import { testFiles } from './set-up/test-files.mjs';

const [command, ...args] = process.argv.slice(2);
const commands = {
  build: () => 0,
  start: () => runNode(['dist/bundle/twindns.mjs', 'pair', '--demo', ...args]),
  async test() {
    await installPeers();
    const flags = args.filter((arg) => arg.startsWith('-'));
    const files = testFiles(args.filter((arg) => !arg.startsWith('-')));
    stopUnless(
      files.length > 0,
      `no test file matches ${args.join(' ')}: give a part of a path such as test/log.`,
    );
    // One more than there are processors: some wait for something to pass. Two more took as long, and made the answers late
    // that tests count.
    const atOnce = availableParallelism() + 1;
    return runNode(['--test', `--test-concurrency=${atOnce}`, '--test-reporter=spec', ...flags, ...files]);
  },
  async bench() {
    await installPeers(await programsOfBench());
    return runNode(['dist/test/bench/main.js', ...args]);
  },
  bundle: () => (args[0] === undefined ? 0 : bundle(args[0])),
  async fuzz() {
    await installPeers();
    return runNode(['dist/test/fuzz/main.js', ...args]);
  },
  // What a schedule makes is garbage soon, and its code runs too short a time to be worth optimizing.
  simulate: () => runNode(['--max-semi-space-size=64', '--no-opt', 'dist/test/simulation/main.js', ...args]),
  async chaos() {
    await installPeers();
    return runNode(['dist/src/main.js', 'chaos', ...args]);
  },
  async arm64() {
    if (!args.includes('--help')) await installEmulators();
    return runNode(['dist/test/arm64/main.js', ...args]);
  },
};

/** What the chosen rows need; nothing where the bench will refuse its arguments. */
async function programsOfBench() {
  const { parseOptions, UsageError } = await import('../dist/test/bench/options.js');
  const { programsFor } = await import('../dist/test/bench/needs.js');
  try {
    return programsFor(parseOptions(args));
  } catch (error) {
    if (error instanceof UsageError) return [];
    throw error;
  }
}

stopUnless(
  Object.hasOwn(commands, command ?? ''),
  'usage: node src/set-up.mjs start|build|test|bench|bundle|fuzz|simulate|chaos|arm64 [ARGUMENTS]',
);
process.chdir(new URL('..', import.meta.url).pathname);
const text = knownText(command, args);
if (text) {
  process.stdout.once('error', () => process.exit(1)); // the reader has gone, as `head` does
  process.stdout.write(text);
} else {
  checkMachine();
  await installPackages();
  await buildNative();
  await buildTypeScript();
  await buildBundle();
  process.exitCode = await commands[command]();
}
