// dnsperf — the independent judge: asks over UDP or TCP, at a rate or flat out, and counts the answers.

import { run } from './processes.ts';

export interface Load {
  readonly transport: 'udp' | 'tcp';
  readonly port: number;
  readonly file: string;
  readonly clients: number;
  readonly outstanding: number;
  /** Queries a second; 0 asks as fast as answers come. */
  readonly rate: number;
  /** Either a time, over which the file is repeated, or one pass through the file, of 20 s at most. */
  readonly seconds: number | 'once';
}

export interface Count {
  readonly answered: number;
  readonly lost: number;
  /** Answers that were not NOERROR. */
  readonly failed: number;
  readonly qps: number;
  /** Mean bytes of an answer: equal sizes show that all servers give the same one. */
  readonly bytes: number;
}

export async function load(load: Load, core: number): Promise<Count> {
  return parseDnsperf(await run(['dnsperf', ...dnsperfArguments(load)], core));
}

export function dnsperfArguments(load: Load): string[] {
  return [
    ...['-s', '127.0.0.1', '-p', String(load.port), '-m', load.transport, '-d', load.file, '-T', '1'],
    ...['-c', String(load.clients), '-q', String(load.outstanding), '-t', '1'],
    ...(load.rate > 0 ? ['-Q', String(load.rate)] : []),
    ...(load.seconds === 'once' ? ['-n', '1', '-l', '20'] : ['-l', String(load.seconds)]),
  ];
}

export function parseDnsperf(output: string): Count {
  const number = (label: RegExp): number => {
    const found = label.exec(output)?.[1];
    if (found === undefined) throw new Error(`dnsperf printed no ${label.source}: ${output.slice(-500)}`);
    return Number(found);
  };
  const answered = number(/Queries completed:\s+(\d+)/);
  const good = Number(/NOERROR (\d+)/.exec(output)?.[1] ?? 0);
  return {
    answered,
    lost: number(/Queries lost:\s+(\d+)/),
    failed: answered - good,
    qps: number(/Queries per second:\s+([\d.]+)/),
    bytes: number(/response (\d+)/),
  };
}
