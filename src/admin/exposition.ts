// exposition — metrics as the text that Prometheus reads, written a slice of a turn of the loop at a time.
//
// The form is that of prom-client, which writes a metric of hundreds of series in one go.

import { setImmediate as turn } from 'node:timers/promises';

/** One line. */
export interface Sample {
  /** Where it is not that of the metric: a histogram has three. */
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly sharedLabels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposed {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly Sample[];
}

/** Milliseconds of writing before queries get their turn. */
const SLICE = 1;
/** Lines between two looks at the clock. */
const LINES = 16;

export async function exposition(metrics: Iterable<() => Exposed>): Promise<string> {
  const lines: string[] = [];
  let begun = performance.now();
  const pause = async () => {
    if (performance.now() - begun < SLICE) return;
    await turn();
    begun = performance.now();
  };
  for (const read of metrics) {
    const { name, help, type, values } = read();
    if (lines.length > 0) lines.push('');
    lines.push(`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`);
    for (const [i, { metricName = name, labels, sharedLabels = {}, value }] of values.entries()) {
      const pairs = [...pairsOf(labels), ...pairsOf(sharedLabels)];
      lines.push(`${metricName}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${numberText(value)}`);
      if (i % LINES === LINES - 1) await pause();
    }
    await pause();
  }
  return `${lines.join('\n')}\n`;
}

// ---------------------------------------------------------------------------------------------------------------------

function pairsOf(labels: Sample['labels']): string[] {
  const pairs: string[] = [];
  for (const name in labels) pairs.push(`${name}="${escaped(String(labels[name])).replaceAll('"', '\\"')}"`);
  return pairs;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
