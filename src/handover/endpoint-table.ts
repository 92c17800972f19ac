// endpoint-table — the endpoints an instance has to do with, its own and its twin's: an arena names one by its place here.
//
// Places are given once and never taken back: what lies in the arena keeps its meaning while endpoints come and go.

import type { Endpoint } from '../config.ts';
import { sameEndpoint } from '../options/endpoint.ts';

/** More than descriptors fit beside a message for; what a twin names beyond is none of ours. */
export const MOST_ENDPOINTS = 62;

export class EndpointTable {
  /** Of the pair: an endpoint there goes by its address. */
  readonly port: number;
  readonly #all: Endpoint[] = [];

  /** @param first those it begins with: at the pair's port in the order of their texts, then the others likewise */
  constructor(first: readonly Endpoint[], port: number) {
    this.port = port;
    for (const { address, port } of [...first].sort((a, b) => this.#compare(a, b)))
      this.indexOf({ address, port });
  }

  /** Its place; it gets one if it has none. */
  indexOf({ address, port }: Endpoint): number {
    const found = this.find({ address, port });
    return found >= 0 ? found : this.#all.push({ address, port }) - 1;
  }

  /** Its place; -1 if it has none. */
  find(endpoint: Endpoint): number {
    return this.#all.findIndex((one) => sameEndpoint(one, endpoint));
  }

  /** Gives each a place. @returns whether one had none; those beyond MOST_ENDPOINTS get none here */
  add(endpoints: readonly Endpoint[]): boolean {
    const before = this.#all.length;
    for (const endpoint of endpoints) if (this.#all.length < MOST_ENDPOINTS) this.indexOf(endpoint);
    return this.#all.length > before;
  }

  /** Whether each of them has a place, or gets a place of which a twin can be told. */
  hasRoomFor(endpoints: readonly Endpoint[]): boolean {
    return this.#all.length + endpoints.filter((one) => this.find(one) < 0).length <= MOST_ENDPOINTS;
  }

  /** By their places. */
  get all(): readonly Endpoint[] {
    return this.#all;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #compare(a: Endpoint, b: Endpoint): number {
    const elsewhere = ({ port }: Endpoint) => (port === this.port ? 0 : 1);
    return elsewhere(a) - elsewhere(b) || compareTexts(a.address, b.address) || a.port - b.port;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** As `sort` does by itself. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
