// node-monitor — asks the kernel all the time whether the interface and the rules are there, as a client would notice.
//
// By `ip` and `nft`, which share no code with what is watched: a mistake of ours in reading the kernel must not blind both.
// One process of each answers all the time: a look every 3 ms, for some 0.6 ms of processor time in all three processes.
// Events would be cheaper and miss what matters most: of a table that goes with its owner the kernel sends none.

import { Dialogue } from './dialogue.ts';

/** Milliseconds between the answers of one look and the next. */
const LOOK = 2;

/** Of nftables; `net watch` and the instances name it so. */
const TABLE = 'twindns';

export interface Absences {
  readonly looks: number;
  /** A sentence for each kind of thing that was missing at some look. */
  readonly missing: readonly string[];
}

export class NodeMonitor {
  readonly #name: string;
  readonly #address: string;
  readonly #links = new Dialogue(['ip', '-json', '-force', '-batch', '-']);
  readonly #tables = new Dialogue(['nft', '--json', '--interactive']);
  readonly #missing = new Map<string, number>();
  readonly #watching: Promise<string | undefined>;
  #pause: NodeJS.Timeout | undefined;
  #looks = 0;
  #over = false;

  /** @param name of the interface  @param address on it */
  constructor(name: string, address: string) {
    this.#name = name;
    this.#address = address;
    this.#watching = this.#watch().then(
      () => undefined,
      (error: unknown) => `The interface and the rules could not be asked for: ${error}.`,
    );
  }

  /** Takes a last look, and ends. */
  async stop(): Promise<Absences> {
    this.#over = true;
    this.#pause?.ref();
    const failure = await this.#watching;
    this.#links.close();
    this.#tables.close();
    const missing = [...this.#missing].map(
      ([what, times]) => `${what} was missing at ${times} of ${this.#looks} looks.`,
    );
    return { looks: this.#looks, missing: failure === undefined ? missing : [...missing, failure] };
  }

  // -------------------------------------------------------------------------------------------------------------------

  async #watch(): Promise<void> {
    while (!this.#over) {
      await this.#look();
      if (!this.#over) await this.#rest();
    }
    await this.#look();
  }

  /** No reason for this process to go on, unless the last look is still to come. */
  #rest(): Promise<void> {
    return new Promise((resolve) => {
      this.#pause = setTimeout(resolve, LOOK).unref();
    });
  }

  async #look(): Promise<void> {
    const [links, tables] = await Promise.all([
      this.#links.ask('address show') as Promise<readonly Link[]>,
      this.#tables.ask('list tables') as Promise<Listing>,
    ]);
    this.#looks++;
    if (!this.#hasAddress(links)) this.#misses('The interface or its address');
    if (!hasTable(tables)) this.#misses('The table of the rules');
  }

  #hasAddress(links: readonly Link[]): boolean {
    const link = links.find(({ ifname }) => ifname === this.#name);
    return link?.addr_info.some(({ local }) => local === this.#address) ?? false;
  }

  #misses(what: string): void {
    this.#missing.set(what, (this.#missing.get(what) ?? 0) + 1);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** Of `ip -json address show`. */
interface Link {
  readonly ifname: string;
  readonly addr_info: readonly { readonly local?: string }[];
}

/** Of `nft --json list tables`. */
interface Listing {
  readonly nftables: readonly { readonly table?: { readonly family: string; readonly name: string } }[];
}

function hasTable({ nftables }: Listing): boolean {
  return nftables.some(({ table }) => table?.family === 'inet' && table.name === TABLE);
}
