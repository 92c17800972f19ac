#!/usr/bin/env -S node --v8-pool-size=1 --no-parallel-scavenge
// main — the program: loads what a command needs when it needs it, and ends with the right exit code.

import './first-signals.ts';
import { chaosText } from '../chaos/command-text.ts';
import { cleanText, type NetAction, netText, rulesText } from '../ha/node/command-text.ts';
import { checkText } from './check/command-text.ts';
import { type Actions, createProgram, exitStatus, runCli, versionLine } from './cli.ts';
import { type BroughtCommand, brought, type Flags } from './command-text.ts';
import { completionText, type Shell } from './completion/command-text.ts';
import type { Call } from './control/call-instance.ts';
import { cacheText } from './control/command-text.ts';
import { diagnoseText } from './diagnose/command-text.ts';
import { messageOf, refusedCall, TwindnsError } from './errors.ts';
import { keepNurserySmall } from './heap.ts';
import { manText } from './manual/command-text.ts';
import { readOptions } from './options/options.ts';
import { preflightText } from './preflight/command-text.ts';
import type { ProgramText } from './program-text.ts';
import { topText } from './top/command-text.ts';
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

  async query(name, type, flags) {
    const { query } = await import('./ask/query.ts');
    if (!(await query(name, type, flags, process.env, print))) process.exitCode = 1;
  },

  async status({ admin, json = false, watch = false }) {
    const { statusSources } = await import('./admin/status-sources.ts');
    const sources = await statusSources(admin, process.env);
    if (!watch) {
      const { showStatus } = await import('./admin/show-status.ts');
      if (!(await showStatus(sources, json, print))) process.exitCode = 1;
      return;
    }
    const { watchStatus } = await import('./admin/watch-status.ts');
    const ended = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort());
    const isTerminal = process.stdout.isTTY === true;
    const watching = { json, isTerminal, print, now: Date.now, until: ended.signal };
    if (!(await watchStatus(sources, watching))) process.exitCode = 1;
  },

  version() {
    print(`${versionLine}\n`);
  },
};

/** In the order of the help. */
const others: readonly BroughtCommand[] = [
  brought(rulesText, async ({ flags, own }) => {
    const { rules } = await import('../ha/node/command.ts');
    const dryRun = own['dry-run'] === true;
    const form = own.json ? 'json' : dryRun ? 'plan' : 'comparison';
    const isAsWanted = await rules(readOptions(flags, process.env), form, print);
    if (!isAsWanted && !dryRun) process.exitCode = 1;
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
  brought(cacheText, async ({ words: [action, name], flags, own: { zone, type, json = false } }) => {
    const { cacheCommand } = await import('./control/cache-command.ts');
    const call = await pairOf(flags);
    const request = { action: action as 'show' | 'flush', name, zone, type, json };
    if (!(await cacheCommand(request, call, print))) process.exitCode = 1;
  }),
  brought(topText, async ({ flags, own }) => {
    const { topCommand } = await import('./top/top-command.ts');
    if (!(await topCommand(own, await pairOf(flags), print))) process.exitCode = 1;
  }),
  brought(diagnoseText, async ({ flags, own }) => {
    const { diagnose } = await import('./diagnose/diagnose.ts');
    const surroundings = { call: await pairOf(flags), print, now: Date.now };
    if (!(await diagnose(own, surroundings))) process.exitCode = 1;
  }),
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

/** How the instances of the pair are asked that those flags are of. */
async function pairOf(flags: Flags): Promise<Call> {
  const [{ callerOf }, { whereOf }] = await Promise.all([
    import('./control/call-instance.ts'),
    import('./options/build-config.ts'),
  ]);
  return callerOf(whereOf(readOptions(flags, process.env)));
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
