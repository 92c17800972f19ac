// run-scenario — one scenario against one subject: start it, load it, strike again and again at random instants, account.

import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../src/errors.ts';
import { KernelCounters } from './host/kernel-counters.ts';
import { MachineTime } from './host/machine-time.ts';
import { Chance, derivedSeed } from './load/chance.ts';
import { Traffic } from './load/traffic.ts';
import { notesOf } from './report/notes.ts';
import type { Disaster, Outcome, Subject } from './report/outcome.ts';
import { timelineOf } from './report/timeline.ts';
import type { Scenario, Witness } from './scenario.ts';
import type { Changes } from './stage/recipes.ts';
import { OwnStage, type Stage } from './stage/stage.ts';
import { verdict } from './verdict.ts';

export interface Settings {
  readonly rate: number;
  readonly connections: number;
  readonly seed: number;
  readonly thorough: boolean;
  /** Undefined: as often as the scenario says. */
  readonly disasters: number | undefined;
  /** Milliseconds after which no further disaster begins. */
  readonly atMost: number;
  /** The pair is started by a Corefile that answers some names itself. */
  readonly corefile: boolean;
  /** The counters of this network namespace are about this suite alone. */
  readonly alone: boolean;
  /** Aborted when the user ends the run. */
  readonly signal: AbortSignal;
  /** Called after each disaster. */
  readonly struck: (count: number, of: number) => void;
  /** Given what the members wrote, when something did not hold. */
  readonly failed?: (scenario: string, subject: Subject, log: readonly string[]) => void;
}

/** Before the first disaster: the cache is filled and both members are asked. */
const WARM_UP = 1000;
/** Longest pause between disasters: longer in a thorough run, in which starts of processes should not be half of the load. */
const LULL = { quick: 150, thorough: 600 } as const;
/** After the last disaster: what it has left behind shows itself. */
const AFTERMATH = 300;
const LOOK = 100;
/** A delay that is late where a scenario claims nothing: clients give up. */
const CLIENT_PATIENCE = 5000;

export async function runScenario(
  scenario: Scenario,
  subject: Subject,
  settings: Settings,
  open: () => Promise<Stage> = () =>
    OwnStage.start(subject, changesFor(scenario, subject, settings.corefile)),
): Promise<Outcome> {
  const { name, delay } = scenario;
  const chance = new Chance(derivedSeed(settings.seed, name, subject));
  const stage = await open();
  const alone = settings.alone && scenario.attack === undefined;
  const questions = stage.questions ?? scenario.questions ?? stage.usualQuestions;
  const machine = new MachineTime();
  const counters = new KernelCounters(stage.target.port);
  const traffic = new Traffic({
    targets: [stage.target, ...(stage.further ?? [])],
    rate: Math.min(scenario.rate ?? settings.rate, settings.rate),
    connections: Math.min(scenario.connections ?? settings.connections, settings.connections),
    seed: derivedSeed(settings.seed, name, subject, 'traffic'),
    mayFail: () => stage.mayFail,
    ...(questions === undefined ? {} : { next: questions }),
  });
  const looking = setInterval(() => counters.look(), LOOK);
  const disasters: Disaster[] = [];
  stage.happened = (what) => disasters.push({ at: Math.round(traffic.elapsed), what });
  stage.hush = (hushed) => {
    traffic.hushed = hushed;
  };
  let witness: Witness | undefined;
  try {
    witness = await scenario.witness?.(stage, settings.thorough, chance);
    const further = await strikes(scenario, stage, chance, traffic, settings);
    await scenario.check?.(stage);
    const seen = await witness?.finish();
    const ms = traffic.elapsed;
    const { udp: own, tcp } = await traffic.finish();
    const udp = seen ?? own;
    further.push(...(stage.faults ?? []));
    if (seen !== undefined && own.never + own.wrong > 0 && subject === 'twindns')
      further.push(`Beside the witness, ${own.never} queries were never answered, ${own.wrong} wrongly.`);
    const { sockets, receiveBuffers, listeners } = counters.dropped();
    const kernelDrops = alone ? Math.max(sockets, receiveBuffers) : sockets;
    const listenDrops = alone ? listeners : 0;
    const expects = scenario.expects[subject] ?? 'shown';
    const { fates, tally } = traffic;
    const found = { expects, disasters: disasters.length, udp, tcp, fates, delay, further };
    const figures = stage.figures ?? [];
    const faults = verdict({ ...found, figures, strays: tally.strays, kernelDrops, listenDrops });
    if (faults.length > 0) settings.failed?.(name, subject, stage.log ?? []);
    return {
      scenario: name,
      purpose: scenario.purpose,
      subject,
      expects,
      held: faults.length === 0,
      faults,
      ms: Math.round(ms),
      disasters,
      udp,
      tcp,
      kernelDrops,
      listenDrops,
      ...timelineOf([traffic.udp, traffic.tcp], traffic.startedAt, ms),
      figures,
      notes: [...notesOf(traffic, machine.shares(), alone), ...(stage.notes ?? [])],
    };
  } finally {
    clearInterval(looking);
    traffic.abandon();
    witness?.abandon();
    await stage.stop();
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** What is changed about instances is about ours; how many upstreams there are, and the port, is about all. */
function changesFor({ changes }: Scenario, subject: Subject, byCorefile: boolean): Changes | undefined {
  const mayHaveOne = subject !== 'unbound' && changes?.secondPort === undefined;
  if (byCorefile && mayHaveOne) return { ...changes, corefile: true };
  if (subject !== 'unbound' || changes === undefined) return changes;
  const { upstreams, port } = changes;
  return { ...(upstreams === undefined ? {} : { upstreams }), ...(port === undefined ? {} : { port }) };
}

/** Strikes until it is time to end; returns what kept it from striking. */
async function strikes(
  scenario: Scenario,
  stage: Stage,
  chance: Chance,
  traffic: Traffic,
  { signal, disasters, thorough, atMost, struck }: Settings,
): Promise<string[]> {
  const amount = thorough ? 'thorough' : 'quick';
  const times = disasters ?? scenario.times[amount];
  const over = new AbortController();
  // Also in the middle of a disaster the user need not wait for its end.
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: over.signal });
  });
  aborted.catch(() => {});
  await pause(WARM_UP, undefined, { signal });
  traffic.patience = scenario.delay?.ms ?? CLIENT_PATIENCE;
  for (let i = 0; i < times && traffic.elapsed < atMost; i++) {
    await pause(chance.between(0, LULL[amount]), undefined, { signal });
    try {
      await Promise.race([scenario.strike(stage, chance, { index: i, thorough, atMost }), aborted]);
    } catch (error) {
      if (signal.aborted) throw error;
      return [`Disaster ${i + 1} could not be brought about: ${messageOf(error)}`];
    }
    struck(i + 1, times);
  }
  over.abort();
  await pause(AFTERMATH, undefined, { signal });
  return [];
}
