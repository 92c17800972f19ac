#!/usr/bin/env -S node --v8-pool-size=1 --no-parallel-scavenge
// main — the program: loads what a command needs when it needs it, and ends with the right exit code.

import './first-signals.ts';
import { chaosText } from '../chaos/command-text.ts';
import { cleanText, type NetAction, netText, rulesText } from '../ha/node/command-text.ts';
import { checkText } from './check/command-text.ts';
import { type Actions, createProgram, exitStatus, runCli } from './cli.ts';
import { type BroughtCommand, brought } from './command-text.ts';
import { completionText, type Shell } from './completion/command-text.ts';
import type { Endpoint } from './config.ts';
import { messageOf, refusedCall, TwindnsError } from './errors.ts';
import { keepNurserySmall } from './heap.ts';
import { manText } from './manual/command-text.ts';
import { parseEndpoint } from './options/endpoint.ts';
import { readOptions } from './options/options.ts';
import { preflightText } from './preflight/command-text.ts';
import type { ProgramText } from './program-text.ts';
import { version } from './version.ts';

const actions: Actions = {
  async run(flags, custody) {
    keepNurserySmall();
    const options = readOptions(flags, process.env);
    const [{ alone }, { run }, { Twin }] = await Promise.all([
      import('./instance/membership.ts'),
      import('./instance/run.ts'),
      import('../ha/twin.ts'),
    ]);
    await run(options, (config, log) => (custody ? new Twin(config, log) : alone()));
  },

  async pair(flags, demo) {
    const { pair } = await import('./pair/pair.ts');
    await pair(flags, demo);
  },

  async query(name, type = 'A', { server = '127.0.0.1:53', tcp = false, dnssec = false, json = false }) {
    const endpoint = endpointOf('--server', server, 53);
    const { ask } = await import('./ask/ask.ts');
    await ask({ name, type, server: endpoint, tcp, dnssec, json }, print);
  },

  async status({ admin = process.env.TWINDNS_INSTANCES || process.env.TWINDNS_ADMIN, json = false }) {
    const { showStatus } = await import('./admin/show-status.ts');
    const { defaultAdmin } = await import('./options/build-config.ts');
    const given = admin && admin !== 'auto' ? admin.split(',') : [];
    const admins = given.map((text) => endpointOf('--admin', text.trim(), undefined));
    await showStatus(admins.length > 0 ? admins : Object.values(defaultAdmin), json, print);
  },

  version() {
    print(`twindns ${version}, Node.js ${process.versions.node}, ${process.platform} ${process.arch}\n`);
  },
};

/** In the order of the help. */
const others: readonly BroughtCommand[] = [
  brought(rulesText, async ({ flags, own }) => {
    const { rules } = await import('../ha/node/command.ts');
    const dryRun = own['dry-run'] === true;
    if (!(await rules(readOptions(flags, process.env), dryRun, print)) && !dryRun) process.exitCode = 1;
  }),
  brought(cleanText, async ({ flags }) => {
    const { clean } = await import('../ha/node/clean.ts');
    await clean(readOptions(flags, process.env).interface, print);
  }),
  brought(netText, async ({ words: [action], flags }) => {
    const { net } = await import('../ha/node/command.ts');
    await net(action as NetAction, readOptions(flags, process.env), print);
  }),
  brought(preflightText, async ({ own: { context, json = false } }) => {
    const [{ preflight }, { runKubectl }] = await Promise.all([
      import('./preflight/preflight.ts'),
      import('./preflight/kubectl.ts'),
    ]);
    if (!(await preflight({ context, json }, runKubectl, print))) process.exitCode = 1;
  }),
  brought(
    checkText,
    async ({ words: [file], own: { name, type = 'A', client = '127.0.0.1', json = false } }) => {
      const { check } = await import('./check/check.ts');
      await check({ file: file!, json, name, type, client }, process.env, print);
    },
  ),
  brought(chaosText, async ({ words, own }) => {
    const { chaos } = await import('../chaos/command.ts');
    process.exitCode = await chaos(words, own, print);
  }),
  brought(completionText, async ({ words: [shell] }) => {
    const { completion } = await import('./completion/completion.ts');
    print(completion(shell as Shell, await ownText()));
  }),
  brought(manText, async () => {
    const { manual } = await import('./manual/manual.ts');
    print(manual(await ownText(), version));
  }),
];

async function ownText(): Promise<ProgramText> {
  const { programText } = await import('./program-text.ts');
  return programText(createProgram(actions, others));
}

function endpointOf(flag: string, text: string, defaultPort: number | undefined): Endpoint {
  const endpoint = parseEndpoint(text, defaultPort);
  if (endpoint !== undefined) return endpoint;
  const right = defaultPort === undefined ? 'ADDR:PORT' : 'ADDR or ADDR:PORT';
  throw new TwindnsError(
    'USAGE',
    `${flag} is ${JSON.stringify(text)}: not an address. Give ${right}, e.g. 127.0.0.1:9253.`,
  );
}

process.stdout.once('error', () => process.exit(1)); // the reader has gone, as `head` does

function print(text: string): void {
  process.stdout.write(text);
}

/** Of node-cache and CoreDNS, too: their DaemonSets need another image, and no other word. */
async function argsOf(argv: readonly string[]): Promise<readonly string[]> {
  if (!/^--?[a-z]/.test(argv[0] ?? '')) return argv;
  const { takeNodeCacheArgs } = await import('./options/node-cache-args.ts');
  const taken = takeNodeCacheArgs(argv, process.env);
  for (const remark of taken?.remarks ?? []) process.stderr.write(`twindns: ${remark}\n`);
  return taken?.args ?? argv;
}

argsOf(process.argv.slice(2))
  .then((args) => runCli(args, actions, others))
  .catch((error: unknown) => {
    const status = exitStatus(error);
    if (status !== undefined) process.exit(status);
    if (error instanceof TwindnsError) {
      process.stderr.write(`twindns: ${error.message}\n`);
      process.exit(error.exitCode);
    }
    const refused = refusedCall(error);
    if (refused !== undefined) {
      process.stderr.write(`twindns: ${refused}\n`);
      process.exit(1);
    }
    process.stderr.write(`twindns: unexpected: ${error instanceof Error ? error.stack : messageOf(error)}\n`);
    process.exit(1);
  });
