// pods — how many pods of a headless service each client library finds: its server sends their addresses uncompressed, as
// cluster DNS servers do over TCP.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { surroundings } from '../host/programs.ts';
import { until } from '../stage/until.ts';
import { Client, settings } from './client.ts';
import type { Programs } from './programs.ts';

export const services = [3, 8, 12, 20, 26] as const;
const ZONE = 'chaos.cluster.local';
/** Characters of the first label: with them the name has 50 bytes. */
const LABEL = 28;
/** Milliseconds HAProxy has to find what it finds; it asks each second. */
const HAPROXY = 4000;

/** By library, how many pods of each of the services it finds. @param address of the server, which is at port 53 */
export async function podsFound(
  programs: Programs,
  folder: string,
  address: string,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const found = new Map<string, number[]>();
  for (const library of programs.found.keys()) {
    const setting = settings.find((one) => one.library === library);
    found.set(
      library,
      setting === undefined
        ? await byHaproxy(folder, address)
        : await byClient(new Client(setting, programs, folder, address)),
    );
  }
  return found;
}

// ---------------------------------------------------------------------------------------------------------------------

function labelOf(pods: number): string {
  return `pods${pods}-`.padEnd(LABEL, 'x');
}

async function byClient(client: Client): Promise<number[]> {
  const found: number[] = [];
  for (const pods of services) {
    const said = await client.lookUp(labelOf(pods), ZONE);
    found.push(typeof said === 'string' ? 0 : said.length);
  }
  client.close();
  return found;
}

/** HAProxy fills the servers of a backend with what it finds, and asks in datagrams of 512 bytes. */
async function byHaproxy(folder: string, address: string): Promise<number[]> {
  const [file, socket] = [`${folder}/haproxy.cfg`, `${folder}/haproxy.sock`];
  const backends = services.map(
    (pods) =>
      `backend of-${pods}\n  server-template pod ${pods} ${labelOf(pods)}.${ZONE}:80 resolvers pair init-addr none check inter 1s\n`,
  );
  writeFileSync(
    file,
    `global
  stats socket ${socket}
defaults
  mode tcp
  timeout connect 1s
  timeout client 1s
  timeout server 1s
resolvers pair
  nameserver pair ${address}:53
  resolve_retries 3
  timeout resolve 500ms
  timeout retry 1s
  hold valid 5s
${backends.join('')}`,
  );
  const haproxy = spawn('haproxy', ['-db', '-f', file], { env: surroundings(), stdio: 'ignore' });
  try {
    await until(async () => existsSync(socket), HAPROXY);
    await pause(HAPROXY);
    const lines = (await toldBy(socket)).split('\n').map((line) => line.split(' '));
    return services.map(
      (pods) => lines.filter(([, backend, , , at]) => backend === `of-${pods}` && at !== '-').length,
    );
  } finally {
    await ended(haproxy);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** A line for each server: numbers and names of backend and server, its address, and more. */
async function toldBy(socket: string): Promise<string> {
  let said = '';
  for await (const chunk of createConnection(socket).setEncoding('utf8').end('show servers state\n'))
    said += chunk;
  return said;
}
