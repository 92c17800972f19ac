// rounds — each measure in turn: its servers started and warmed, then A B C D A B C D …, each reading one sample.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Contestant,
  residentMebibytes,
  type Started,
  startContestant,
  stopContestants,
  warm,
} from './contestants.ts';
import { type Load, load } from './dnsperf.ts';
import { type MeasureId, type Sample, takesPart } from './figures.ts';
import type { Cores } from './machine.ts';
import type { Options } from './options.ts';
import { run } from './processes.ts';
import type { Progress } from './progress.ts';
import { writeHits, writeMisses } from './queries.ts';
import { cpuMicros, type Tools } from './tools.ts';
import type { Upstream } from './upstream.ts';

export interface Stage {
  readonly options: Options;
  readonly tools: Tools;
  readonly cores: Cores;
  readonly parent: string;
  readonly upstream: Upstream;
  readonly progress: Progress;
}

type Values = Sample['values'];
type Reading = (one: Started, round: number) => Promise<Values>;

/** Every chosen measure over all contestants that can take part. */
export async function measureAll(stage: Stage, contestants: readonly Contestant[]): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const measure of stage.options.only) {
    const taking = contestants.filter(({ server }) => takesPart(server, measure));
    const restarts = measure === 'memory' || measure === 'start';
    const measureOne = restarts ? freshServers : lastingServers;
    if (taking.length > 0) samples.push(...(await measureOne(stage, measure, taking)));
  }
  return samples;
}

/** Enough for the hits of the longest measure, and for its misses to be kept as well. */
const cacheNames = 200_000;
const warmNames: Readonly<Record<MeasureId, number>> = {
  'hit-1k': 1_000,
  'hit-100k': 100_000,
  tcp: 1_000,
  miss: 0,
  'hit-paced': 1_000,
  'miss-paced': 0,
  latency: 1_000,
  memory: 10_000,
  start: 0,
};
/** Longest list above: what the zone must hold. */
export const zoneNames = Math.max(...Object.values(warmNames));

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

async function lastingServers(
  stage: Stage,
  measure: MeasureId,
  taking: readonly Contestant[],
): Promise<Sample[]> {
  const { options, progress, cores, parent } = stage;
  const hits = writeHits(join(parent, measure), Math.max(1, warmNames[measure]));
  const read = reading(stage, measure, hits);
  const started: Started[] = [];
  const samples: Sample[] = [];
  try {
    for (const contestant of taking) {
      progress.step(`${measure}: warming ${contestant.server}`);
      const { upstream } = stage;
      const one = await startContestant(contestant, { parent, upstream: upstream.port, cores }, cacheNames);
      started.push(one);
      if (warmNames[measure] > 0 && one.server !== 'floor') await warm(one, hits, cores.load);
    }
    for (let round = 1; round <= options.rounds; round++) {
      for (const one of started) {
        progress.step(`${measure}: round ${round} of ${options.rounds}, ${one.server}`);
        samples.push({ measure, server: one.server, round, values: await read(one, round) });
      }
    }
  } finally {
    await stopContestants(started);
  }
  return samples;
}

/** Memory and start need a new process each time; twindns keeps its default cache size here. */
async function freshServers(
  stage: Stage,
  measure: MeasureId,
  taking: readonly Contestant[],
): Promise<Sample[]> {
  const { options, progress, cores, parent } = stage;
  const names = warmNames[measure];
  const hits = writeHits(join(parent, measure), Math.max(1, names));
  const rounds = measure === 'memory' ? Math.min(options.rounds, 3) : options.rounds;
  const samples: Sample[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const contestant of taking) {
      progress.step(`${measure}: round ${round} of ${rounds}, ${contestant.server}`);
      const { upstream } = stage;
      const one = await startContestant(contestant, { parent, upstream: upstream.port, cores }, undefined);
      if (names > 0) await warm(one, hits, cores.load);
      const values: Values =
        measure === 'start' ? { millis: one.startMillis } : { mebibytes: residentMebibytes(one.running.pid) };
      samples.push({ measure, server: contestant.server, round, values });
      await stopContestants([one]);
    }
  }
  return samples;
}

function reading(stage: Stage, measure: MeasureId, hits: string): Reading {
  const { options, tools, cores, parent } = stage;
  const { seconds, clients, outstanding } = options;
  if (measure === 'latency') {
    return async ({ port }) => {
      const rate = options.rateLatency;
      const command = [tools.latency, '127.0.0.1', String(port), String(rate), String(seconds), hits];
      return { rate, ...parseLatency(await run(command, cores.load)) };
    };
  }
  const base = { transport: 'udp', file: hits, clients, outstanding, seconds } as const;
  const ask = (one: Started, load: Omit<Load, 'port'>) =>
    cpuPerAnswer(stage, one, { ...load, port: one.port });
  if (measure === 'tcp') return (one) => ask(one, { ...base, transport: 'tcp', rate: 0 });
  if (measure === 'hit-1k' || measure === 'hit-100k') return (one) => ask(one, { ...base, rate: 0 });
  if (measure === 'hit-paced') return (one) => ask(one, { ...base, rate: options.rateHit });
  // New names each round, the same for all servers; more than are asked, since dnsperf starts again at the end.
  const rate = measure === 'miss' ? 0 : options.rateMiss;
  const count = Math.ceil((rate || fastestMisses) * seconds * 1.1) + 1000;
  return (one, round) => ask(one, { ...base, file: writeMisses(join(parent, 'misses'), round, count), rate });
}

/** Above what any server here forwards a second. */
const fastestMisses = 100_000;

async function cpuPerAnswer(stage: Stage, one: Started, asked: Load): Promise<Values> {
  const { tools, upstream, cores } = stage;
  const pids = [one.running.pid, ...upstream.pids];
  const before = cpuMicros(tools, pids);
  const busyBefore = stolenTicks();
  const { answered, lost, failed, qps, bytes } = await load(asked, cores.load);
  const spent = cpuMicros(tools, pids).map((micros, i) => micros - before[i]!);
  const own = spent[0]!;
  const upstreams = spent.slice(1).reduce((sum, micros) => sum + micros, 0);
  return {
    micros: own / answered,
    upstreamMicros: upstreams / answered,
    ...{ answered, lost, failed, qps, bytes, rate: asked.rate },
    stolenMillis: (stolenTicks() - busyBefore) * 10,
  };
}

/** Time the hypervisor gave to others: the noise nobody in this machine can see otherwise. */
function stolenTicks(): number {
  return Number(/^cpu +(?:\d+ ){7}(\d+)/.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? 0);
}

function parseLatency(output: string): Record<string, number> {
  return JSON.parse(output) as Record<string, number>;
}
