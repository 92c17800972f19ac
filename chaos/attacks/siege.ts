// siege — attacks while they last, and what has to hold meanwhile: others are answered, probes too, no instance dies, none takes
// too much memory, no event loop stands.

import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type Slot, slots } from '../../src/config.ts';
import { makeAddresses } from '../host/addresses.ts';
import { MemoryCgroup } from '../host/memory-cgroup.ts';
import type { Chance } from '../load/chance.ts';
import type { Turn } from '../scenario.ts';
import { STALLED } from '../stage/member.ts';
import type { OwnStage, Stage } from '../stage/stage.ts';
import type { UpstreamMood } from '../stage/upstream.ts';
import { Attack, type Counts } from './attack.ts';
import { type Asked, Bystanders, type Heard } from './bystanders.ts';

/** What scenarios of this kind have alike, unless they say otherwise. */
export const underSiege = {
  times: { quick: 1, thorough: 20 },
  rate: 500,
  connections: 20,
  changes: { faults: ['stall'] },
  attack: true,
  intrudes: true,
} as const;

export interface Siege {
  /** In words, for the list of disasters. */
  readonly what: string;
  /** Files of this folder, and what each is told beside what all are. */
  readonly attacks: readonly (readonly [name: string, further: Readonly<Record<string, unknown>>])[];
  /** What the upstreams do while the attack lasts. */
  readonly upstream?: Partial<UpstreamMood>;
  /** Milliseconds it lasts. */
  readonly ms: number;
  /** New names a second that others ask in each domain. */
  readonly misses?: Readonly<Record<string, number>>;
  /** New connections of others a second. */
  readonly connections?: number;
  /** Bytes of memory an instance may have, as the limit of a container; the kernel kills it beyond. */
  readonly memory?: number;
  /** The share of their new names that may fail, in percent; 1 unless given. */
  readonly mostFailed?: number;
  /** Where attackers take the processors themselves: milliseconds within which others hear, and an event loop turns. */
  readonly slower?: { readonly p99: number; readonly stall: number };
  /** Milliseconds that each of their new names may take; unlimited unless given. */
  readonly slowest?: number;
}

/** Milliseconds within which the attack has got what it can get at once. */
const LEAD = 300;
/** Milliseconds for which bystanders ask before it begins: how long answers take on this machine, as busy as it is. */
const QUIET = 700;
/** What is claimed, whatever the attack. */
const limits = { p99: 20, failed: 1, probe: 1000, connection: 1000, stall: 20 } as const;
const MIB = 1 << 20;

/** Resolves to what the attackers counted, in the order of the plan. */
export async function besiege(
  stage: Stage,
  chance: Chance,
  turn: Turn,
  siege: Siege,
): Promise<readonly Counts[]> {
  await makeAddresses();
  const own = stage.own!;
  const ms = Math.min(siege.ms, turn.atMost);
  const run = chance.below(1e9).toString(36);
  const ours = stage.subject === 'unbound' ? [] : slots;
  const admins = ours.map((slot) => own.admin(slot));
  const healths = ours.map((slot) => own.health(slot));
  const { misses = { 'chaos.example': 50 }, connections = 0 } = siege;
  const bystanders = await Bystanders.start({
    target: stage.target,
    admins,
    healths,
    run,
    misses,
    connections,
  });
  const held = siege.memory === undefined ? [] : slots.map((slot) => hold(own, slot, siege.memory!));
  const pids = slots.map((slot) => own.member(slot).pid);
  const attacks: Attack[] = [];
  try {
    await Promise.all(slots.map((slot) => stallOf(own, slot))); // those before are forgotten
    await bystanders.begin();
    await pause(QUIET);
    const { p99 } = await bystanders.finish();
    stage.note(`Before the attack the p99 of cached names of others was ${p99.toFixed(1)} ms.`);
    stage.happened(siege.what);
    if (siege.upstream !== undefined) for (const upstream of own.upstreams) upstream.behave(siege.upstream);
    for (const [name, further] of siege.attacks)
      attacks.push(new Attack(name, { target: stage.target, admins, ms, run, ...further }));
    await Promise.all(attacks.map(({ begun }) => begun));
    await pause(LEAD);
    await bystanders.begin();
    const lasting = pause(ms);
    const counts = await Promise.all(attacks.map(({ over }) => over));
    if (attacks.length === 0) await lasting; // the upstream is the attacker
    const memory = Math.max(...pids.map(peakMemory));
    const stalls = await Promise.all(slots.map((slot) => stallOf(own, slot)));
    for (const [i, slot] of slots.entries()) if (stalls[i]! >= STALLED) await stage.end(slot, 'SIGKILL');
    const heard = await bystanders.finish();
    tell(stage, siege, heard, memory, Math.max(...stalls));
    for (const [i, [name]] of siege.attacks.entries()) stage.note(`${name}: ${textOf(counts[i]!)}.`);
    return counts;
  } finally {
    if (siege.upstream !== undefined) for (const upstream of own.upstreams) upstream.behave();
    for (const attack of attacks) attack.stop();
    bystanders.stop();
    await restart(stage, own, siege.what);
    for (const release of held) release();
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function tell(stage: Stage, siege: Siege, heard: Heard, memory: number, stall: number): void {
  const { p99, hits, stale, misses, connections, probes, scrapes } = heard;
  const bounds = siege.slower ?? limits;
  stage.measured({ what: 'p99 of cached names of others', value: p99, unit: 'ms', most: bounds.p99 });
  fail(stage, 'cached names of others', hits);
  fail(stage, 'names of others whose old answer was at hand', stale);
  for (const [domain, asked] of Object.entries(misses)) {
    const failed = (failures(asked) / asked.asked) * 100;
    const most = siege.mostFailed ?? limits.failed;
    stage.measured({
      what: `new names of others below ${domain} that failed`,
      value: failed,
      unit: '%',
      most,
    });
    if (siege.slowest === undefined) continue;
    const what = `longest wait for a new name below ${domain}`;
    stage.measured({ what, value: asked.longest, unit: 'ms', most: siege.slowest });
  }
  if (connections.asked > 0) {
    fail(stage, 'connections of new clients', connections);
    const what = 'longest wait of a new client over TCP';
    stage.measured({ what, value: connections.longest, unit: 'ms', most: limits.connection });
  }
  if (probes.asked > 0) {
    fail(stage, 'probes', probes);
    stage.measured({
      what: 'longest wait of a probe',
      value: probes.longest,
      unit: 'ms',
      most: limits.probe,
    });
  }
  if (scrapes.asked > 0) fail(stage, 'scrapes of others', scrapes);
  if (stage.subject !== 'unbound')
    stage.measured({ what: 'longest stall of an event loop', value: stall, unit: 'ms', most: bounds.stall });
  const most = (siege.memory ?? 256 * MIB) / MIB;
  stage.measured({ what: 'memory of an instance', value: memory / MIB, unit: 'MiB', most });
  for (const fault of heard.faults) stage.note(`Beside the attack: ${fault}.`);
}

function fail(stage: Stage, whose: string, asked: Asked): void {
  const failed = failures(asked);
  if (failed === 0) return;
  blame(
    stage,
    `${failed} of ${asked.asked} ${whose} failed: ${asked.refused} refused, ${asked.wrong} wrong, ${asked.never} never answered.`,
  );
}

/** A control is not blamed for what it shows. */
function blame(stage: Stage, sentence: string): void {
  if (stage.subject === 'twindns') stage.failed(sentence);
  else stage.note(sentence);
}

function failures({ refused, wrong, never }: Asked): number {
  return refused + wrong + never;
}

async function stallOf(own: OwnStage, slot: Slot): Promise<number> {
  return own.subject === 'unbound' ? 0 : ((await own.member(slot).longestStall()) ?? 0);
}

/** Bytes, since the process began. */
function peakMemory(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0; // it has died, which is told
  }
}

/** Holds a member to that much memory in all; returns how it is released. */
function hold(own: OwnStage, slot: Slot, bytes: number): () => void {
  const member = own.member(slot);
  const has =
    Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${member.pid}/status`, 'utf8'))![1]) * 1024;
  const cgroup = new MemoryCgroup(`twindns-chaos-${member.pid}`, bytes - has);
  cgroup.add(member.pid);
  return () => {
    if (member.alive) cgroup.release(member.pid);
    cgroup.remove();
  };
}

/** What the attack has killed is started again, after it was told. */
async function restart(stage: Stage, own: OwnStage, what: string): Promise<void> {
  for (const slot of slots) {
    const member = own.member(slot);
    if (member.alive) continue;
    blame(stage, `The ${slot} ended with ${await member.gone}: ${what}.`);
    await stage.start(slot);
  }
}

function textOf(counts: Counts): string {
  return Object.entries(counts)
    .map(([what, count]) => `${count.toLocaleString('en')} ${what}`)
    .join(', ');
}
