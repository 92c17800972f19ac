// copied-metrics — prom-client metrics whose values are read from elsewhere when they are scraped.
//
// A counter is emptied and filled again by `collect`. A histogram cannot be set, only observed, so this one keeps the name,
// the registration and the rules of labels of prom-client's, and gives its values itself.

import type { Registry } from 'prom-client';
import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import Histogram from 'prom-client/lib/histogram.js';

export type Labels = Readonly<Record<string, string>>;

/** Reports one series. */
export type Report = (labels: Labels, value: number) => void;

export interface Description {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  /** Counters only: series that are zero are shown, too. */
  readonly zeros?: true;
}

/** A counter; series that are zero are left out unless it is said, a counter without labels is always there. */
export function copyCounter(
  registry: Registry,
  description: Description,
  read: (report: Report) => void,
): void {
  new Counter({
    ...forClient(registry, description),
    collect() {
      this.reset();
      read((labels, value) => {
        if (value > 0 || description.zeros === true) this.inc(labels, value);
      });
    },
  });
}

export function copyGauge(
  registry: Registry,
  description: Description,
  read: (report: Report) => void,
): void {
  new Gauge({
    ...forClient(registry, description),
    collect() {
      this.reset();
      read((labels, value) => this.set(labels, value));
    },
  });
}

/** One histogram's counts: by bucket, not cumulative, with one more for what is above the highest bound. */
export interface Distribution {
  readonly labels: Labels;
  readonly buckets: Float64Array;
  readonly sum: number;
}

/** A histogram; series without a single observation are left out. */
export function copyHistogram(
  registry: Registry,
  description: Description,
  bounds: readonly number[],
  read: () => Iterable<Distribution>,
): void {
  new CopiedHistogram(registry, description, bounds, read);
}

// ---------------------------------------------------------------------------------------------------------------------

class CopiedHistogram extends Histogram<string> {
  readonly #name: string;
  readonly #help: string;
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
    this.#bounds = bounds;
    this.#read = read;
  }

  /** Both the text for Prometheus and prom-client's own `get` come from here; the method is missing in its types. */
  async getForPromString() {
    const values = [...this.#read()].flatMap((distribution) => this.#series(distribution));
    return { name: this.#name, help: this.#help, type: 'histogram', aggregator: 'sum', values };
  }

  #series({ labels: sharedLabels, buckets, sum }: Distribution) {
    let count = 0;
    const cumulative = [...buckets].map((inBucket, index) => {
      count += inBucket;
      const le = index < this.#bounds.length ? this.#bounds[index]! : '+Inf';
      return { metricName: `${this.#name}_bucket`, labels: { le }, sharedLabels, value: count };
    });
    if (count === 0) return [];
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
