// figures — what the bench measures and of whom: the lists that options, rounds, table and chart are made from.
//
// First what a node sees: a quiet one asks nothing, a busy one some thousand times a second, and names run out all the while. CPU
// per answer is measured at full load, where the load generator never sleeps. A paced load lets it sleep between its bursts, and
// the server pays for waking it, more often the later its answer comes.

/** twindns is one instance, `pair` both of a node: a contestant of its own, whose costs are those of both. */
export const serverIds = ['floor', 'twindns', 'pair', 'unbound', 'dnsmasq', 'kresd', 'coredns'] as const;
export type ServerId = (typeof serverIds)[number];

/** Queries a second of a node. */
export const nodeRates = { 'node-50': 50, 'node-200': 200, 'node-1000': 1000, 'node-5000': 5000 } as const;
export type NodeMeasureId = keyof typeof nodeRates;

export const measureIds = [
  'idle',
  'node-50',
  'node-200',
  'node-1000',
  'node-5000',
  'hit-1k',
  'hit-100k',
  'tcp',
  'miss',
  'hit-paced',
  'miss-paced',
  'latency',
  'memory',
  'start',
] as const;
export type MeasureId = (typeof measureIds)[number];

const nodeMeasureIds = Object.keys(nodeRates) as NodeMeasureId[];

/** One number a table row and a chart group show; several may come from one measure. */
export interface Figure {
  readonly id: string;
  readonly measure: MeasureId;
  /** The key in `Sample.values`. */
  readonly value: string;
  readonly title: string;
  readonly unit: string;
  readonly decimals: number;
}

export const figures = [
  figure('idle', 'idle', 'percent', 'CPU while nothing is asked', '% of a core', 2),
  figure('idle-wakeups', 'idle', 'wakeups', 'Wake-ups while nothing is asked', 'a second', 0),
  ...nodeFigures('node-50'),
  ...nodeFigures('node-200'),
  ...nodeFigures('node-1000'),
  ...nodeFigures('node-5000'),
  figure('hit-1k', 'hit-1k', 'micros', 'CPU per cached answer, 1,000 names', 'µs', 2),
  figure('hit-100k', 'hit-100k', 'micros', 'CPU per cached answer, 100,000 names', 'µs', 2),
  figure('tcp', 'tcp', 'micros', 'CPU per cached answer over TCP', 'µs', 2),
  figure('miss', 'miss', 'micros', 'CPU per forwarded answer, every name new', 'µs', 2),
  figure('hit-paced', 'hit-paced', 'micros', 'CPU per cached answer, paced load', 'µs', 2),
  figure('miss-paced', 'miss-paced', 'micros', 'CPU per forwarded answer, paced load', 'µs', 2),
  figure('p50', 'latency', 'p50', 'Delay of a cached answer, median', 'µs', 0),
  figure('p99', 'latency', 'p99', 'Delay of a cached answer, 99 %', 'µs', 0),
  figure('p999', 'latency', 'p999', 'Delay of a cached answer, 99.9 %', 'µs', 0),
  figure('memory', 'memory', 'mebibytes', 'Resident memory, 10,000 names cached', 'MiB', 1),
  figure('memory-shared', 'memory', 'proportional', '… what is shared counted once', 'MiB', 1),
  figure('start', 'start', 'millis', 'Start to first answer', 'ms', 0),
] as const;
export type FigureId = (typeof figures)[number]['id'];

/** What a reader asks first, in the order of the picture: where twindns is ahead, and where it is not. */
const askedFirst: readonly FigureId[] = [
  ...['idle', 'node-50', 'node-200', 'node-1000', 'node-5000', 'node-200-asked'],
  ...['hit-1k', 'miss', 'tcp', 'memory'],
] as FigureId[];

export const picturedFigures: readonly Figure[] = askedFirst.map(
  (asked) => figures.find(({ id }) => id === asked)!,
);

/** What one server did in one round of one measure. */
export interface Sample {
  readonly measure: MeasureId;
  readonly server: ServerId;
  readonly round: number;
  readonly values: Readonly<Record<string, number>>;
}

/** Who can take part in what, and why not; the reasons are printed below the table. */
export const absences: readonly { server: ServerId; measures: readonly MeasureId[]; because: string }[] = [
  {
    server: 'floor',
    measures: ['idle', ...nodeMeasureIds, 'tcp', 'miss', 'miss-paced', 'memory'],
    because: 'it only echoes datagrams',
  },
  {
    server: 'pair',
    measures: ['start'],
    because: 'its first answer is that of one instance',
  },
  {
    server: 'dnsmasq',
    measures: ['tcp'],
    because: 'it forks a process for each TCP connection and closes it after 100 queries',
  },
];

export function isOfNode(measure: MeasureId): measure is NodeMeasureId {
  return Object.hasOwn(nodeRates, measure);
}

export function takesPart(server: ServerId, measure: MeasureId): boolean {
  return !absences.some((absence) => absence.server === server && absence.measures.includes(measure));
}

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Of a load of a node: CPU, and what the upstream is asked. */
function nodeFigures<Id extends NodeMeasureId>(id: Id) {
  const rate = nodeRates[id].toLocaleString('en-US');
  return [
    figure(id, id, 'percent', `CPU at ${rate} queries/s, 1,000 names of TTL 30`, '% of a core', 2),
    figure(`${id}-asked`, id, 'asked', `Questions to the upstream at ${rate} queries/s`, 'a second', 1),
  ] as const;
}

function figure<Id extends string>(
  id: Id,
  measure: MeasureId,
  value: string,
  title: string,
  unit: string,
  decimals: number,
) {
  return { id, measure, value, title, unit, decimals } as const;
}
