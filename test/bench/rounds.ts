// rounds — each measure in turn: its servers started and warmed, then A B C D A B C D …, each reading one sample.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Contestant,
  pidsOf,
  type Started,
  startContestant,
  stopContestants,
  warm,
} from './contestants.ts';
import { type Count, type Load, load } from './dnsperf.ts';
import { isOfNode, type MeasureId, nodeRates, type Sample, takesPart } from './figures.ts';
import type { Cores } from './machine.ts';
import type { Options } from './options.ts';
import { run } from './processes.ts';
import type { Progress } from './progress.ts';
import { shortLife, writeHits, writeMisses, writePopular } from './queries.ts';
import { cpuMicros, type Tools } from './tools.ts';
import type { Upstream } from './upstream.ts';
import { proportionalMebibytes, residentMebibytes, wakeups } from './usage.ts';

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
    const restarts = measure === 'memory' || measure === 'start' || measure === 'idle' || isOfNode(measure);
    const measureOne = restarts ? freshServers : lastingServers;
    if (taking.length > 0) samples.push(...(await measureOne(stage, measure, taking)));
  }
  return samples;
}

/** Enough for the hits of the longest measure, and for its misses to be kept as well. */
const cacheNames = 200_000;
const warmNames: Readonly<Record<MeasureId, number>> = {
  idle: 1_000,
  'node-50': 0,
  'node-200': 0,
  'node-1000': 0,
  'node-5000': 0,
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

/**
 * Memory and start need a new process each time; so does what a node sees, where the others' processes must not wake up meanwhile.
 * twindns keeps its default cache size here.
 */
async function freshServers(
  stage: Stage,
  measure: MeasureId,
  taking: readonly Contestant[],
): Promise<Sample[]> {
  const { options, progress, cores, parent } = stage;
  const names = warmNames[measure];
  const hits = writeHits(join(parent, measure), Math.max(1, names));
  const rounds = measure === 'start' ? options.rounds : Math.min(options.rounds, 3);
  const samples: Sample[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const contestant of taking) {
      progress.step(`${measure}: round ${round} of ${rounds}, ${contestant.server}`);
      const { upstream } = stage;
      const one = await startContestant(contestant, { parent, upstream: upstream.port, cores }, undefined);
      if (names > 0) await warm(one, hits, cores.load);
      const values = await readFresh(stage, measure, one, round);
      samples.push({ measure, server: contestant.server, round, values });
      await stopContestants([one]);
    }
  }
  return samples;
}

async function readFresh(stage: Stage, measure: MeasureId, one: Started, round: number): Promise<Values> {
  if (measure === 'start') return { millis: one.startMillis };
  if (measure === 'memory')
    return {
      mebibytes: residentMebibytes(pidsOf(one)),
      proportional: proportionalMebibytes(pidsOf(one)),
    };
  const { nodeSeconds } = stage.options;
  if (!isOfNode(measure)) {
    await pause(SETTLING);
    return costs(stage, one, async () => void (await pause(1000 * nodeSeconds)));
  }
  const rate = nodeRates[measure];
  const ask = async (seconds: number, seed: number) => {
    const file = writePopular(join(stage.parent, 'popular'), seed, Math.ceil(rate * seconds * 1.1) + 100);
    const { clients, outstanding } = stage.options;
    const asked: Load = { transport: 'udp', port: one.port, file, clients, outstanding, rate, seconds };
    return load(asked, stage.cores.load);
  };
  // So long that what was asked first has run out, and the rest at its own time.
  await ask(shortLife + 2, 2 * round);
  return costs(stage, one, () => ask(nodeSeconds, 2 * round + 1), rate);
}

/** Milliseconds after which a server that was asked something is idle. */
const SETTLING = 5000;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What it costs a contestant while `meanwhile` goes on; beside what that returns. */
async function costs(
  { tools, upstream }: Stage,
  one: Started,
  meanwhile: () => Promise<Count | undefined>,
  rate?: number,
): Promise<Values> {
  const pids = pidsOf(one);
  const look = () => ({
    at: performance.now(),
    micros: cpuMicros(tools, pids).reduce((sum, micros) => sum + micros, 0),
    woken: wakeups(pids),
    asked: upstream.asked(),
  });
  const before = look();
  const count = await meanwhile();
  const after = look();
  const seconds = (after.at - before.at) / 1000;
  return {
    percent: (after.micros - before.micros) / seconds / 10_000,
    wakeups: (after.woken - before.woken) / seconds,
    asked: (after.asked - before.asked) / seconds,
    ...(count === undefined || rate === undefined ? {} : { ...count, rate }),
  };
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
  const own = pidsOf(one);
  const pids = [...own, ...upstream.pids()];
  const before = cpuMicros(tools, pids);
  const busyBefore = stolenTicks();
  const { answered, lost, failed, qps, bytes } = await load(asked, cores.load);
  const spent = cpuMicros(tools, pids).map((micros, i) => micros - before[i]!);
  const sum = (micros: readonly number[]) => micros.reduce((total, each) => total + each, 0);
  const upstreams = sum(spent.slice(own.length));
  return {
    micros: sum(spent.slice(0, own.length)) / answered,
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
