// main — npm run arm64: builds the addon for arm64, and tries it and twindns there. Prints what was tried, and what did not hold.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ChaosRun } from '../../chaos/report/outcome.ts';
import { root } from '../repository/files.ts';
import { crossBuild } from './cross-build.ts';
import { type Downloads, download } from './downloads.ts';
import { type Command, makeGuest } from './guest.ts';
import { accountOf, lossesOf } from './losses.ts';
import { boot } from './machine.ts';
import { type Options, parseOptions, UsageError } from './options.ts';
import { say } from './run.ts';
import { exactness, inMachine, runTranslated } from './unit-tests.ts';

/** As many turns as node-reuseport's own test takes: long enough for a stop to come there. */
const PAUSE = 1_000_000;

const scenarios = ['kill-primary', 'freeze', 'rolling-update'];
const chaos = 'chaos';
const exact = 'exact';

const folder = join(root, 'dist/arm64');

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.text !== undefined) process.stdout.write(options.text);
  else process.exitCode = await tryAll(options);
} catch (error) {
  process.stderr.write(`arm64: ${(error as Error).message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

// ---------------------------------------------------------------------------------------------------------------------

async function tryAll(options: Options): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const from = await download(join(folder, 'downloads'));
  process.stdout.write(`${from.versions.join('\n')}\n\n`);
  say('building node-reuseport for arm64 …');
  const addon = await crossBuild(join(folder, 'build'));
  const faults: string[] = [];
  if (options.parts.includes('units'))
    faults.push(...(await runTranslated(join(folder, 'units'), addon, from)));
  if (options.parts.includes('machine')) faults.push(...(await runMachine(options, addon, from)));
  process.stdout.write(faults.length === 0 ? '\nall of it holds on arm64\n' : `\n${faults.join('\n')}\n`);
  return faults.length === 0 ? 0 : 1;
}

async function runMachine(options: Options, addon: string, from: Downloads): Promise<string[]> {
  const pausing = await crossBuild(join(folder, 'build-pausing'), PAUSE);
  const commands = commandsOf(options);
  const guest = await makeGuest(folder, addon, pausing, from, commands);
  const ended = await boot(from.kernel, guest, commands.length, (what) => say(`in the machine: ${what}`));
  const faults: string[] = [];
  for (const { name, status, output } of ended) {
    if (name === chaos) faults.push(...judge(output));
    else if (name === exact && output.trim() !== 'true')
      faults.push('The fence is not exact in the machine.');
    else if (status !== 0)
      faults.push(`${name}, in the machine, ended with ${status}:\n${output.slice(-3000)}`);
  }
  return faults;
}

function commandsOf({ rate, connections, disasters }: Options): readonly Command[] {
  const load = `--rate ${rate} --connections ${connections} --disasters ${disasters}`;
  return [
    { name: exact, text: `cd node-reuseport && node --input-type=module -e "${exactness}"; cd /twindns` },
    ...inMachine.map(
      (name): Command => ({
        name: `${name}.test.mjs`,
        text: `NODE_REUSEPORT_PAUSING=/pausing.node node node-reuseport/test/${name}.test.mjs`,
      }),
    ),
    {
      name: chaos,
      text:
        `node dist/src/main.js chaos ${scenarios.join(' ')} --subject twindns,no-custody ${load} ` +
        '--json /tmp/chaos.json; cat /tmp/chaos.json',
    },
  ];
}

function judge(output: string): readonly string[] {
  const begin = output.indexOf('\n{') + 1;
  if (begin === 0) return [`The disasters have no account:\n${output.slice(-3000)}`];
  const shown = JSON.parse(output.slice(begin, output.lastIndexOf('}') + 1)) as ChaosRun;
  process.stdout.write(`kernel ${shown.kernel}, Node.js ${shown.node}\n${accountOf(shown).join('\n')}\n`);
  return lossesOf(shown);
}
