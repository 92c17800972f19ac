// show-status — `twindns status`: both instances side by side, for people or as JSON.

import { messageOf, TwindnsError } from '../errors.ts';
import { printable } from '../log/log.ts';
import { formatByteSize } from '../options/byte-size.ts';
import { formatDuration } from '../options/duration.ts';
import type { InstanceStatus, ListenStatus, UpstreamStatus } from '../status.ts';
import { custodyHead, custodyRow, problemsOf } from './show-custody.ts';
import { nodeHead, nodeProblems, nodeRow } from './show-node.ts';
import type { StatusSource } from './status-sources.ts';

/** @throws TwindnsError NO_INSTANCE if none of them answers */
export async function showStatus(
  sources: readonly StatusSource[],
  json: boolean,
  print: (text: string) => void,
): Promise<void> {
  const found = await Promise.all(sources.map(findInstance));
  if (json) print(`${JSON.stringify({ instances: found }, null, 2)}\n`);
  if (!found.some(({ status }) => status !== undefined)) {
    const tried = found.map(({ admin, error }) => `${admin}: ${error}`).join('; ');
    throw new TwindnsError(
      'NO_INSTANCE',
      `no running instance answered (${tried}). Start one with \`twindns run\`, or say where with --admin ADDR:PORT.`,
    );
  }
  if (!json) print(render(found));
}

/** `97.3 %`, or `-` before the first query. */
export function hitRatio({ hits, queries }: { readonly hits: number; readonly queries: number }): string {
  return queries > 0 ? `${((100 * hits) / queries).toFixed(1)} %` : '-';
}

// ---------------------------------------------------------------------------------------------------------------------

interface Found {
  readonly admin: string;
  readonly status?: InstanceStatus;
  readonly error?: string;
}

async function findInstance({ where: admin, ask }: StatusSource): Promise<Found> {
  try {
    return { admin, status: await ask() };
  } catch (error) {
    return { admin, error: messageOf(error) };
  }
}

function render(found: readonly Found[]): string {
  const running = found.flatMap(({ status }) => (status === undefined ? [] : [status]));
  const instances = running.map((status) => [
    status.slot,
    String(status.pid),
    status.version,
    formatDuration(Math.floor(status.uptimeSeconds) * 1000),
    String(status.queries),
    hitRatio(status),
    String(status.inFlight),
    String(status.tcpConnections),
    `${mebibytes(status.cache.bytes)} of ${formatByteSize(status.cache.maxBytes)}`,
    `${status.cache.entries.success} + ${status.cache.entries.denial}`,
  ]);
  const upstreams = running.flatMap((status) => [
    ...upstreamsOf(status).map(({ upstream, zones }) => [
      status.slot,
      `${upstream.endpoint}/${upstream.transport}`,
      upstream.healthy ? 'up' : 'DOWN',
      upstream.latencyMs === null ? '-' : `${upstream.latencyMs.toFixed(1)} ms`,
      String(upstream.requests),
      String(upstream.failures),
      zones.join(' '),
    ]),
    ...status.routes
      .filter(({ upstreams }) => upstreams.length === 0)
      .map(({ zone }) => [status.slot, 'none', 'DOWN', '-', '-', '-', zone]),
  ]);
  const listening = running.flatMap((status) => [
    [status.slot, dropsOf(status.listen), status.listen.map(({ address }) => address).join(' ')],
  ]);
  const problems = running.flatMap(({ slot, custody }) =>
    problemsOf(custody).map((text) => `${printable(`${slot}: ${text}`)}\n`),
  );
  const missing = found.flatMap(({ admin, error }) =>
    error === undefined ? [] : [`No instance at ${admin}: ${error}.`],
  );
  return [
    table(
      ['SLOT', 'PID', 'VERSION', 'UP', 'QUERIES', 'HITS', 'IN FLIGHT', 'TCP', 'CACHE', 'ANSWERS + DENIALS'],
      instances,
    ),
    table(custodyHead, running.map(custodyRow)),
    problems.join(''),
    table(['SLOT', 'DROPPED', 'LISTENS'], listening),
    table(['SLOT', 'UPSTREAM', 'HEALTH', 'LATENCY', 'ASKED', 'FAILED', 'FOR'], upstreams),
    table(nodeHead, running.flatMap(nodeRow)),
    running.flatMap(waitingLine).join(''),
    running
      .flatMap(nodeProblems)
      .map((line) => `${printable(line)}\n`)
      .join(''),
    [...new Set(running.flatMap(warningsOf)), ...missing].map((line) => `${line}\n`).join(''),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** Of an instance that takes no query yet. */
function waitingLine({ slot, waitsForClusterDns: reason }: InstanceStatus): string[] {
  // Of an earlier version it has no such field.
  if (reason === null || reason === undefined) return [];
  return [`${printable(`The ${slot} takes no query before the cluster DNS has answered: ${reason}.`)}\n`];
}

/** Those of the instance that keeps the interface and the rules. */
function warningsOf({ node }: InstanceStatus): string[] {
  return node === null
    ? []
    : Object.values(node.warnings)
        .flat()
        .map((warning) => `Warning: ${warning}`);
}

/** What the kernel dropped in front of all addresses together, as far as it tells. */
function dropsOf(listen: readonly ListenStatus[]): string {
  const known = listen.flatMap(({ queueDrops }) => queueDrops ?? []);
  return known.length === 0 ? '-' : String(known.reduce((sum, drops) => sum + drops, 0));
}

/** Each once: a server of several zones counts for all of them together. */
function upstreamsOf({ routes }: InstanceStatus): { upstream: UpstreamStatus; zones: string[] }[] {
  const found = new Map<string, { upstream: UpstreamStatus; zones: string[] }>();
  for (const { zone, upstreams } of routes) {
    for (const upstream of upstreams) {
      const key = `${upstream.endpoint}/${upstream.transport}`;
      const known = found.get(key);
      if (known) known.zones.push(zone);
      else found.set(key, { upstream, zones: [zone] });
    }
  }
  return [...found.values()];
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)}MiB`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => printable(cell).padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return [head, ...rows].map((cells) => `${line(cells)}\n`).join('');
}
