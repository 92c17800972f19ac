// process-metrics — CPU, memory, files and event loop of this process, under the names of prom-client's default metrics.
//
// Those would load OpenTelemetry (8 MiB) and keep a timer of 10 ms.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { Registry } from 'prom-client';
import { ownCgroup } from '../control/cgroup.ts';
import { readText } from '../control/read-text.ts';
import { stallCauses } from '../loop/stalls.ts';
import { copyCounter, copyGauge } from './copied-metrics.ts';
import type { Liveness } from './liveness.ts';
import type { Source } from './source.ts';

export function registerProcessMetrics(registry: Registry, { stalls }: Source, liveness: Liveness): void {
  const counter = (name: string, help: string, read: () => number) =>
    copyCounter(registry, { name, help }, (report) => report({}, read()));
  const gauge = (name: string, help: string, read: () => number | undefined) =>
    copyGauge(registry, { name, help }, (report) => {
      const value = read();
      if (value !== undefined) report({}, value);
    });
  const cpu = () => process.cpuUsage();
  counter('process_cpu_user_seconds_total', 'User CPU time in seconds.', () => cpu().user / 1e6);
  counter('process_cpu_system_seconds_total', 'System CPU time in seconds.', () => cpu().system / 1e6);
  counter('process_cpu_seconds_total', 'CPU time in seconds.', () => (cpu().user + cpu().system) / 1e6);

  const started = Date.now() / 1000 - process.uptime();
  gauge('process_start_time_seconds', 'Start of the process, seconds since 1970.', () => started);
  gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
  gauge('process_virtual_memory_bytes', 'Addresses in use, backed by memory or not.', virtualMemory);
  gauge('process_open_fds', 'Open file descriptors.', openDescriptors);
  gauge('process_max_fds', 'Most file descriptors the process may open.', mostDescriptors);

  copyCounter(
    registry,
    {
      name: 'twindns_stall_seconds_total',
      help: 'Time for which this process did not run, or was busy with one thing, where it was more than 20 ms.',
      labelNames: ['cause'],
      zeros: true,
    },
    (report) => {
      for (const cause of stallCauses) report({ cause }, stalls.seconds[cause]);
    },
  );
  copyGauge(
    registry,
    {
      name: 'twindns_memory_bytes',
      help: 'Memory of the control group of this process, less what can be given back at once, and its limit if there is one.',
      labelNames: ['kind'],
    },
    (report) => {
      const { memoryUsed, memoryLimit } = ownCgroup();
      if (memoryUsed !== null) report({ kind: 'used' }, memoryUsed);
      if (memoryLimit !== null) report({ kind: 'limit' }, memoryLimit);
    },
  );
  for (const [way, field] of [
    ['receive', 'InOctets'],
    ['transmit', 'OutOctets'],
  ] as const)
    copyCounter(
      registry,
      { name: `process_network_${way}_bytes_total`, help: 'Bytes of IP in the network this process is in.' },
      (report) => {
        const bytes = octets(field);
        if (bytes !== undefined) report({}, bytes);
      },
    );
  gauge('nodejs_heap_size_total_bytes', 'Heap of V8.', () => process.memoryUsage().heapTotal);
  gauge('nodejs_heap_size_used_bytes', 'Heap of V8 in use.', () => process.memoryUsage().heapUsed);
  gauge('nodejs_external_memory_bytes', 'Memory outside of the heap.', () => process.memoryUsage().external);
  gauge(
    'nodejs_eventloop_lag_seconds',
    'How late the event loop is by its tick each second.',
    () => Math.max(0, liveness.latenessAt(performance.now())) / 1000,
  );
}

// ---------------------------------------------------------------------------------------------------------------------

/** Linux 6.2 and later tell it as the folder's size; a listing of thousands holds up the loop for some milliseconds. */
function openDescriptors(): number | undefined {
  try {
    const { size } = statSync('/proc/self/fd');
    if (size > 0) return size;
    return readdirSync('/proc/self/fd').length - 1; // one of them read the folder
  } catch {
    return undefined;
  }
}

/** Of status, which has it in KiB: pages are not of one size on all machines. */
function virtualMemory(): number | undefined {
  try {
    const size = /^VmSize:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
    return size === undefined ? undefined : Number(size) * 1024;
  } catch {
    return undefined;
  }
}

/** Of two lines, the names and the values. */
function octets(field: string): number | undefined {
  const [names = [], values = []] = (readText('/proc/self/net/netstat') ?? '')
    .split('\n')
    .filter((line) => line.startsWith('IpExt:'))
    .map((line) => line.split(' '));
  const value = Number(values[names.indexOf(field)]);
  return Number.isFinite(value) ? value : undefined;
}

function mostDescriptors(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}
