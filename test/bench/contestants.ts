// contestants — who takes part in this run, and one of them at a time: started, warmed, measured, stopped.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from './dnsperf.ts';
import { type ServerId, serverIds } from './figures.ts';
import { firstAnswer } from './first-answer.ts';
import type { Cores } from './machine.ts';
import { freePort } from './ports.ts';
import { type Running, start, stop, which } from './processes.ts';
import { type Recipe, servers } from './servers.ts';
import type { Tools } from './tools.ts';

export interface Contestant {
  readonly server: ServerId;
  readonly program: string;
}

/** The chosen ones, which must be there; or, nobody chosen, all those that are. */
export function enlist(
  chosen: readonly ServerId[] | undefined,
  tools: Tools,
  root: string,
): { present: Contestant[]; missing: string[] } {
  const present: Contestant[] = [];
  const missing: string[] = [];
  for (const server of chosen ?? serverIds) {
    const program = programOf(server, tools, root);
    if (program !== undefined && existsSync(program)) {
      present.push({ server, program });
      continue;
    }
    const { debian, otherwise } = servers[server];
    const remedy =
      server === 'twindns' || server === 'pair'
        ? `run npm run build, or set TWINDNS_MAIN (looked for ${program})`
        : `not on PATH: ${debian === undefined ? otherwise : `install the package ${debian}`}`;
    if (chosen || server === 'twindns') throw new Error(`${server} cannot take part: ${remedy}.`);
    missing.push(`${server}: ${remedy}`);
  }
  return { present, missing };
}

export interface Started {
  readonly server: ServerId;
  /** Its processes. */
  readonly running: readonly Running[];
  readonly port: number;
  /** Milliseconds from the start of the process to its first answer. */
  readonly startMillis: number;
}

let starts = 0;

export async function startContestant(
  { server, program }: Contestant,
  where: { readonly parent: string; readonly upstream: number; readonly cores: Cores },
  cacheNames: number | undefined,
): Promise<Started> {
  const folder = join(where.parent, `${server}-${starts++}`);
  mkdirSync(folder);
  const [port, admin] = [await freePort(), await freePort()];
  const recipe = servers[server].recipe({
    program,
    port,
    admin,
    upstream: where.upstream,
    folder,
    cacheNames,
  });
  for (const [path, text] of Object.entries(recipe.files)) writeFileSync(path, text);
  const begin = performance.now();
  const running = recipe.commands.map((command, i) =>
    start(command, where.cores.serve, join(folder, `log-${i}`), recipe.environment),
  );
  const answered = await firstAnswer(port, () => {
    const ended = running.find((one) => !one.alive());
    if (ended !== undefined) return `${server} ended at once: ${ended.log()}`;
    if (performance.now() <= begin + 15_000) return undefined;
    return `${server} does not answer: ${running.map((one) => one.log()).join('')}`;
  });
  return { server, running, port, startMillis: answered - begin };
}

export async function stopContestants(started: readonly Started[]): Promise<void> {
  await Promise.all(started.flatMap(({ running }) => running.map(stop)));
}

/**
 * Asks for each name of the file, so gently that nothing is lost; twice, since a cache may treat a name's second asker
 * otherwise than its first, and hits are what is to be measured.
 */
export async function warm(one: Started, file: string, core: number): Promise<void> {
  const asked = { transport: 'udp', port: one.port, file, clients: 20, outstanding: 100 } as const;
  const passes = [
    await load({ ...asked, rate: 0, seconds: 'once' }, core),
    await load({ ...asked, rate: 0, seconds: 'once' }, core),
  ];
  const lost = passes.reduce((sum, pass) => sum + pass.lost, 0);
  const failed = passes.reduce((sum, pass) => sum + pass.failed, 0);
  for (const ended of one.running.filter((each) => !each.alive()))
    throw new Error(`${one.server} ended while it warmed up (${ending(ended)}): ${ended.log()}`);
  if (lost + failed > 0) throw new Error(`${one.server} did not warm up: ${lost} lost, ${failed} failed.`);
}

export function pidsOf({ running }: Started): number[] {
  return running.map(({ pid }) => pid);
}

/** How a contestant is set up, with sample ports, for people and for the record. */
export function describeRecipe({ server, program }: Contestant): string {
  const setting = {
    program,
    port: 5300,
    admin: 9253,
    upstream: 5353,
    folder: '/tmp/bench',
    cacheNames: 200_000,
  };
  const recipe: Recipe = servers[server].recipe(setting);
  const environment = Object.entries(recipe.environment).map(([name, value]) => `${name}=${value}`);
  const files = Object.entries(recipe.files).map(([path, text]) => `${path}:\n${text}`);
  const commands = recipe.commands.map((command) => [...environment, ...command].join(' '));
  return [...commands, ...files].join('\n').trimEnd();
}

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function programOf(server: ServerId, tools: Tools, root: string): string | undefined {
  if (server === 'floor') return tools.floor;
  if (server === 'coredns' && process.env.COREDNS) return process.env.COREDNS;
  if (server === 'twindns' || server === 'pair')
    return process.env.TWINDNS_MAIN ?? join(root, 'dist/bundle/twindns.mjs');
  return which(servers[server].program!);
}

function ending({ child }: Running): string {
  return child.signalCode ?? `exit ${child.exitCode}`;
}
