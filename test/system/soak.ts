// soak — one instance under mixed load for minutes: memory, descriptors and threads must stay where they are.
//
//   npm run soak -- --minutes 10        --leak: with a leak put in, which must be found

import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { askStatus } from '../../src/admin/ask-status.ts';
import { heapFlags } from '../../src/heap.ts';
import { freePort, twoFreePorts } from '../lab/free-port.ts';
import { checkout, Program, statusOf, twindns } from '../lab/program.ts';
import { ScriptedUpstream } from '../lab/scripted-upstream.ts';
import { startLoad, upstreamScript } from './soak/load.ts';
import { type Sample, trendOf } from './soak/trend.ts';

/**
 * What may be gained over the second half. RSS: V8 collects when it likes, which moves it by some megabytes; at 2,500
 * datagrams a second, 5 minutes and 4 MiB find what keeps 6 bytes a datagram. Descriptors: those of questions on their
 * way come and go. Threads: none.
 */
const series = {
  'RSS, MiB': { allowed: 4, read: (pid: number) => numberIn(pid, /^VmRSS:\s+(\d+)/m) / 1024 },
  descriptors: { allowed: 5, read: (pid: number) => readdirSync(`/proc/${pid}/fd`).length },
  threads: { allowed: 0.5, read: (pid: number) => numberIn(pid, /^Threads:\s+(\d+)/m) },
} as const;
/** Kept open for the next questions. */
const upstreamSockets = 16;
const names = Object.keys(series) as (keyof typeof series)[];

const { values: flags } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, leak: { type: 'boolean', default: false } },
});
const seconds = 60 * Number(flags.minutes);
if (!(seconds > 0)) {
  process.stderr.write(`soak: --minutes is "${flags.minutes}": give a number above 0, such as 10.\n`);
  process.exit(2);
}
const sampleEvery = Math.min(5, seconds / 24);

const upstream = await ScriptedUpstream.start(upstreamScript);
const endpoint = { address: '127.0.0.1', port: await freePort() };
const admin = { address: '127.0.0.1', port: await twoFreePorts() };
const leak = flags.leak ? ['--import', `${checkout}dist/test/lab/leak.js`] : [];
const [node, main] = twindns;
const program = new Program([
  ...[node, ...heapFlags, ...leak, main, 'run', `--port=${endpoint.port}`, `--admin=127.0.0.1:${admin.port}`],
  ...[`--upstream=127.0.0.1:${upstream.endpoint.port}`, '--cache-bytes=4MiB', '--cache-ttl=10s'],
]);
process.once('exit', () => program.child.kill('SIGKILL'));
program.child.once('exit', () => fail(`the instance ended: ${program.said}`));
await program.says(/listening/);
const atRest = series.descriptors.read(program.pid);

const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<
  (typeof names)[number],
  Sample[]
>;
const load = startLoad(endpoint);
const started = performance.now();
for (let at = 0; at < seconds; ) {
  await delay(1000 * sampleEvery);
  at = (performance.now() - started) / 1000;
  upstream.log.length = 0; // it writes down every query
  for (const name of names) samples[name].push({ at, value: series[name].read(program.pid) });
  const { queries } = await askStatus(admin, 2000);
  await fetch(`http://127.0.0.1:${admin.port}/metrics`).then((response) => response.text());
  const now = names.map((name) => `${name} ${samples[name].at(-1)!.value.toFixed(1).replace(/\.0$/, '')}`);
  process.stdout.write(`${at.toFixed(0).padStart(5)} s  ${queries} queries  ${now.join('  ')}\n`);
}
await load.stop();
process.stdout.write(`answered: ${JSON.stringify(load.answered)}\n`);

let flat = true;
for (const name of names) {
  const { allowed } = series[name];
  const trend = trendOf(samples[name], allowed);
  flat &&= trend.flat;
  const verdict = trend.flat ? 'flat' : 'GROWS';
  const grown = `${trend.growth >= 0 ? '+' : ''}${trend.growth.toFixed(2)} in the second half, ${allowed} allowed`;
  process.stdout.write(`${name}: ${trend.mean.toFixed(1)}, ${grown}: ${verdict}\n`);
}
const left = await descriptorsAtRest();
if (left > atRest + upstreamSockets) fail(`${left} descriptors after the load, ${atRest} before it`);
program.child.removeAllListeners('exit');
program.child.kill('SIGTERM');
const { status } = await program.ended;
await upstream.stop();
if (status !== 0) fail(`the instance ended with exit code ${status}`);
process.stdout.write(flat ? 'soak: flat\n' : 'soak: not flat\n');
process.exit(flat ? 0 : 1);

// ---------------------------------------------------------------------------------------------------------------------

/** When nothing is asked or connected any more; connections to upstreams may stay. */
async function descriptorsAtRest(): Promise<number> {
  for (let i = 0; i < 150; i++) {
    const { inFlight, tcpConnections } = await askStatus(admin, 2000);
    if (inFlight + tcpConnections === 0) break;
    await delay(100);
  }
  return series.descriptors.read(program.pid);
}

function numberIn(pid: number, pattern: RegExp): number {
  return Number(pattern.exec(statusOf(pid))?.[1] ?? Number.NaN);
}

function fail(sentence: string): never {
  process.stderr.write(`soak: ${sentence}\n`);
  process.exit(1);
}
