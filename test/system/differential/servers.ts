// servers — CoreDNS and `twindns run --corefile`, started with the same Corefile and asked until they answer.

import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../lab/free-port.ts';
import { Program, twindns } from '../../lab/program.ts';
import { ScriptedUpstream } from '../../lab/scripted-upstream.ts';
import { askBoth, type Both } from './ask-both.ts';
import { hostsFile } from './corefiles.ts';
import { type Query, queriesFor } from './queries.ts';
import type { Served } from './served.ts';
import { answering } from './upstream-script.ts';

const addresses = { coredns: '127.0.1.1', twindns: '127.0.1.2' } as const;
const upstreams = { CLUSTER: 1, INTERNET: 2, OTHER: 3 } as const;
/** Milliseconds a server may take to start. */
const STARTS_IN = 15_000;

export interface Servers {
  ask(query: Query): Promise<Both>;
  stop(): Promise<void>;
}

/** Where CoreDNS is: COREDNS, or `coredns` of the PATH. */
export function findCoredns(environment: NodeJS.ProcessEnv): string | undefined {
  if (environment.COREDNS) return environment.COREDNS;
  const inPath = (environment.PATH ?? '').split(':').map((folder) => join(folder, 'coredns'));
  return inPath.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** @throws when one of them does not take the file */
export async function startServers(coredns: string, served: Served): Promise<Servers> {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-differential-'));
  const corefile = join(folder, 'Corefile');
  writeFileSync(corefile, served.corefile);
  writeFileSync(join(folder, 'hosts'), hostsFile);
  const asked: ScriptedUpstream[] = [];
  const env: Record<string, string> = { PATH: process.env.PATH ?? '', FILES: folder };
  for (const [name, host] of Object.entries(upstreams)) {
    const upstream = await ScriptedUpstream.start(answering(host), `127.0.9.${host}`);
    asked.push(upstream);
    env[name] = `${upstream.endpoint.address}:${upstream.endpoint.port}`;
  }
  const admin = await freePort();
  const start = (command: readonly string[], listen: string) =>
    new Program(command, { cwd: folder, env: { ...env, LISTEN: listen } });
  const programs = [
    start([coredns, '-conf', corefile], addresses.coredns),
    start([...twindns, 'run', '--corefile', corefile, '--admin', `127.0.0.1:${admin}`], addresses.twindns),
  ];
  const stop = async () => {
    for (const program of programs) await program.kill();
    for (const upstream of asked) await upstream.stop();
    rmSync(folder, { recursive: true });
  };
  const servers = {
    ask: (query: Query) => askBoth(addresses.coredns, addresses.twindns, query),
    stop,
  };
  try {
    await Promise.all([
      programs[0]!.says(/CoreDNS-\d/, STARTS_IN),
      programs[1]!.says(/listening/, STARTS_IN),
    ]);
    // CoreDNS says so before its sockets are open; any reply will do.
    for (let attempt = 0; attempt < 20; attempt++, await pause(100)) {
      const [first] = queriesFor(served, 1, attempt);
      const both = await servers.ask(first!);
      if (both.coredns !== 'silence' && both.twindns !== 'silence') return servers;
    }
    throw new Error(`a server says nothing: ${programs.map(({ said }) => said).join('\n')}`);
  } catch (error) {
    await stop();
    throw new Error(`${served.name}: the servers did not start`, { cause: error });
  }
}
