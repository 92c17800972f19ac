// sample-run — a made-up run of the chaos suite, the same each time: five scenarios, three subjects, hundreds of disasters.

import {
  type Bucket,
  type ChaosRun,
  type Disaster,
  type Outcome,
  subjects,
} from '../../../chaos/report/outcome.ts';

interface Plan {
  readonly scenario: string;
  readonly purpose: string;
  readonly seconds: number;
  /** Milliseconds between two disasters. */
  readonly every: number;
  readonly what: readonly string[];
  /** The share of a second's queries that one disaster costs a control, from lowest to highest. */
  readonly cost: readonly [number, number];
  /** The longest wait that one disaster causes where nothing is lost, in milliseconds. */
  readonly wait: number;
}

const rate = 5000;
const bucketMs = 200;

const plans: readonly Plan[] = [
  {
    scenario: 'killed',
    purpose:
      'Either instance is killed by SIGKILL at a random instant, again and again; its twin answers what it had.',
    seconds: 120,
    every: 280,
    what: ['SIGKILL primary', 'SIGKILL secondary'],
    cost: [0, 0.008],
    wait: 24,
  },
  {
    scenario: 'told to stop',
    purpose: 'Instances are told to stop and started again, one after the other, as in a rolling update.',
    seconds: 60,
    every: 2500,
    what: ['SIGTERM primary', 'SIGTERM secondary'],
    cost: [0.001, 0.006],
    wait: 6,
  },
  {
    scenario: 'hung',
    purpose:
      'An instance is stopped by SIGSTOP for two seconds, as if stuck; its twin reads its queue meanwhile.',
    seconds: 60,
    every: 7000,
    what: ['SIGSTOP primary', 'SIGSTOP secondary'],
    cost: [0.9, 1],
    wait: 180,
  },
  {
    scenario: 'out of memory',
    purpose: 'The kernel’s OOM killer ends an instance that is held to too little memory.',
    seconds: 45,
    every: 4200,
    what: ['memory limit of primary', 'memory limit of secondary'],
    cost: [0.002, 0.02],
    wait: 45,
  },
  {
    scenario: 'upgraded',
    purpose: 'Both instances are replaced by another version, secondary first, under full load.',
    seconds: 30,
    every: 6000,
    what: ['upgrade secondary', 'upgrade primary'],
    cost: [0.002, 0.01],
    wait: 11,
  },
];

export function sampleRun(): ChaosRun {
  return {
    twindns: '0.1.0',
    kernel: 'Linux 6.18.5 x86_64',
    node: 'v20.19.5',
    startedAt: '2026-05-04T12:07:31.000Z',
    seed: 48271,
    rate,
    connections: 32,
    outcomes: plans.flatMap((plan, i) =>
      subjects.map((subject, j) => outcomeOf(plan, subject, chances(17 * i + j + 1))),
    ),
  };
}

/** The same outcome, as it would be had no query been lost. */
export function withoutLoss(outcome: Outcome): Outcome {
  return {
    ...outcome,
    udp: { ...outcome.udp, never: 0, once: outcome.udp.sent },
    tcp: { ...outcome.tcp, never: 0, once: outcome.tcp.sent },
    timeline: outcome.timeline.map((bucket) => ({ ...bucket, answered: bucket.sent, lost: 0 })),
  };
}

// ---------------------------------------------------------------------------------------------------------------------

type Chance = (from: number, to: number) => number;

function outcomeOf(plan: Plan, subject: Outcome['subject'], chance: Chance): Outcome {
  const ms = plan.seconds * 1000;
  const disasters: Disaster[] = [];
  for (let at = chance(0.5, 1) * plan.every; at < ms - 500; at += chance(0.7, 1.3) * plan.every)
    disasters.push({ at, what: plan.what[disasters.length % 2]! });
  const timeline = course(plan, subject, disasters, chance);
  const total = (figure: (bucket: Bucket) => number) =>
    timeline.reduce((sum, bucket) => sum + figure(bucket), 0);
  const worst = Math.max(...timeline.map((bucket) => bucket.worst));
  const [sent, lost] = [total((bucket) => bucket.sent), total((bucket) => bucket.lost)];
  const overTcp = Math.round(sent / 10);
  const lostOverTcp = Math.round(lost / 10);
  const ours = subject === 'twindns';
  const doubles = ours ? Math.round(disasters.length / 3) : 0;
  return {
    scenario: plan.scenario,
    purpose: plan.purpose,
    subject,
    expects: ours ? 'no loss' : subject === 'unbound' && plan.scenario === 'upgraded' ? 'shown' : 'loss',
    held: true,
    faults: [],
    ms,
    disasters,
    udp: account(sent - overTcp, lost - lostOverTcp, doubles, worst),
    tcp: account(overTcp, lostOverTcp, 0, worst * 0.8),
    kernelDrops: 0,
    listenDrops: 0,
    bucketMs,
    timeline,
    figures: [],
    notes: plan.scenario === 'hung' ? ['Each hang lasts 2 s.'] : [],
  };
}

function course(
  plan: Plan,
  subject: Outcome['subject'],
  disasters: readonly Disaster[],
  chance: Chance,
): Bucket[] {
  const sent = (rate * bucketMs) / 1000;
  return Array.from({ length: (plan.seconds * 1000) / bucketMs }, (_, i) => {
    const at = i * bucketMs;
    const hits = disasters.filter((disaster) => disaster.at >= at && disaster.at < at + bucketMs).length;
    const hanging =
      plan.cost[0] > 0.5 && disasters.some((hang) => at >= hang.at - 100 && at < hang.at + 2000);
    const ours = subject === 'twindns';
    const share = hanging ? chance(0.47, 0.53) : hits * chance(...plan.cost) * (rate / sent);
    const lost =
      ours || (hits > 0 && plan.cost[0] > 0.5 && !hanging) ? 0 : Math.min(sent, Math.round(share * sent));
    const wait = ours && hits > 0 ? chance(0.3, 1) * plan.wait : chance(1, 6);
    return {
      at,
      sent,
      answered: sent - lost,
      lost,
      p50: chance(0.16, 0.24) + (hits > 0 ? chance(0, 0.1) : 0),
      worst: wait,
    };
  });
}

function account(sent: number, never: number, twice: number, worst: number) {
  return {
    sent,
    once: sent - never - twice,
    twice,
    wrong: 0,
    never,
    late: 0,
    p50: 0.21,
    p999: worst / 6,
    worst,
  };
}

/** Numbers that look random and are the same in each run (a linear congruence). */
function chances(seed: number): Chance {
  let state = seed;
  return (from, to) => {
    state = (state * 48271) % 2147483647;
    return from + (to - from) * (state / 2147483647);
  };
}
