// copied-metrics — prom-client metrics whose values are read from elsewhere when they are scraped.
//
// Each keeps the name, the registration and the rules of prom-client's, and gives its values itself: prom-client would keep them
// all and look each up by its labels, which takes milliseconds; and a histogram of its cannot be set, only observed.

import type { Registry } from 'prom-client';
import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import Histogram from 'prom-client/lib/histogram.js';
import type { Exposed, Sample } from './exposition.ts';

export type Labels = Readonly<Record<string, string>>;

/** Reports one series. */
export type Report = (labels: Labels, value: number) => void;

export interface Description {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  /** Counters and histograms: series that are zero are shown, too. */
  readonly zeros?: true;
}

/** A counter; series that are zero are left out unless it is said, a counter without labels is always there. */
export function copyCounter(
  registry: Registry,
  description: Description,
  read: (report: Report) => void,
): void {
  new CopiedCounter(registry, description, read);
}

/** Without labels it is always there. */
export function copyGauge(
  registry: Registry,
  description: Description,
  read: (report: Report) => void,
): void {
  new CopiedGauge(registry, description, read);
}

/** One histogram's counts: by bucket, not cumulative, with one more for what is above the highest bound. */
export interface Distribution {
  readonly labels: Labels;
  readonly buckets: Float64Array;
  readonly sum: number;
}

/** A histogram; series without a single observation are left out unless it is said. */
export function copyHistogram(
  registry: Registry,
  description: Description,
  bounds: readonly number[],
  read: () => Iterable<Distribution>,
): void {
  new CopiedHistogram(registry, description, bounds, read);
}

/** All metrics of a registry, in the order in which they were made; to be read one by one. */
export function exposedBy(registry: Registry): (() => Exposed)[] {
  const metrics = registry.getMetricsAsArray() as unknown as readonly { exposed(): Exposed }[];
  return metrics.map((metric) => () => metric.exposed());
}

// ---------------------------------------------------------------------------------------------------------------------

interface Series extends Sample {
  value: number;
}

/** What is reported twice is added up. */
function added(read: (report: Report) => void, isShown: (value: number) => boolean): Series[] {
  const found = new Map<string, Series>();
  read((labels, value) => {
    if (!isShown(value)) return;
    const key = Object.values(labels).join('\0');
    const known = found.get(key);
    if (known === undefined) found.set(key, { labels, value });
    else known.value += value;
  });
  return [...found.values()];
}

const unlabelled = (): Sample[] => [{ labels: {}, value: 0 }];

class CopiedCounter extends Counter<string> {
  readonly #description: Description;
  readonly #read: (report: Report) => void;

  constructor(registry: Registry, description: Description, read: (report: Report) => void) {
    super(forClient(registry, description));
    this.#description = description;
    this.#read = read;
  }

  exposed(): Exposed {
    const { name, help, labelNames = [], zeros = false } = this.#description;
    const found = added(this.#read, (value) => value > 0 || zeros);
    const values = found.length === 0 && labelNames.length === 0 ? unlabelled() : found;
    return { name, help, type: 'counter', values };
  }
}

class CopiedGauge extends Gauge<string> {
  readonly #description: Description;
  readonly #read: (report: Report) => void;

  constructor(registry: Registry, description: Description, read: (report: Report) => void) {
    super(forClient(registry, description));
    this.#description = description;
    this.#read = read;
  }

  exposed(): Exposed {
    const { name, help, labelNames = [] } = this.#description;
    const found: Sample[] = [];
    this.#read((labels, value) => found.push({ labels, value }));
    const values = found.length === 0 && labelNames.length === 0 ? unlabelled() : found;
    return { name, help, type: 'gauge', values };
  }
}

class CopiedHistogram extends Histogram<string> {
  readonly #name: string;
  readonly #help: string;
  readonly #zeros: boolean;
  readonly #bounds: readonly number[];
  readonly #read: () => Iterable<Distribution>;

  constructor(
    registry: Registry,
    description: Description,
    bounds: readonly number[],
    read: () => Iterable<Distribution>,
  ) {
    super({ ...forClient(registry, description), buckets: [...bounds] });
    this.#name = description.name;
    this.#help = description.help;
    this.#zeros = description.zeros ?? false;
    this.#bounds = bounds;
    this.#read = read;
  }

  exposed(): Exposed {
    const values = [...this.#read()].flatMap((distribution) => this.#series(distribution));
    return { name: this.#name, help: this.#help, type: 'histogram', values };
  }

  #series({ labels: sharedLabels, buckets, sum }: Distribution): Sample[] {
    let count = 0;
    const cumulative = [...buckets].map((inBucket, index) => {
      count += inBucket;
      const le = index < this.#bounds.length ? this.#bounds[index]! : '+Inf';
      return { metricName: `${this.#name}_bucket`, labels: { le }, sharedLabels, value: count };
    });
    if (count === 0 && !this.#zeros) return [];
    return [
      ...cumulative,
      { metricName: `${this.#name}_sum`, labels: {}, sharedLabels, value: sum },
      { metricName: `${this.#name}_count`, labels: {}, sharedLabels, value: count },
    ];
  }
}

function forClient(registry: Registry, { name, help, labelNames = [] }: Description) {
  return { name, help, labelNames: [...labelNames], registers: [registry] };
}
