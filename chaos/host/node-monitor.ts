// node-monitor — asks the kernel all the time whether the interface and the rules are there, as a client would notice.

import { close, openNetlink } from 'node-reuseport';
import { Netlink, NetlinkError } from '../../ha/node/netlink/netlink.ts';
import { Rtnetlink } from '../../ha/node/netlink/rtnetlink.ts';
import { NETLINK_NETFILTER } from '../../ha/node/nftables/numbers.ts';
import { tableQuestion } from '../../ha/node/nftables/table.ts';

/** Milliseconds between two looks. */
const LOOK = 2;

export interface Absences {
  readonly looks: number;
  /** A sentence for each kind of thing that was missing at some look. */
  readonly missing: readonly string[];
}

export class NodeMonitor {
  readonly #name: string;
  readonly #address: string;
  readonly #fd = openNetlink(NETLINK_NETFILTER, 0);
  readonly #netlink = new Netlink(this.#fd);
  readonly #missing = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #looks = 0;

  /** @param name of the interface  @param address on it */
  constructor(name: string, address: string) {
    this.#name = name;
    this.#address = address;
    this.#timer = setInterval(() => this.#look(), LOOK).unref();
  }

  stop(): Absences {
    clearInterval(this.#timer);
    close(this.#fd);
    const missing = [...this.#missing].map(
      ([what, times]) => `${what} was missing at ${times} of ${this.#looks} looks.`,
    );
    return { looks: this.#looks, missing };
  }

  // -------------------------------------------------------------------------------------------------------------------

  #look(): void {
    this.#looks++;
    if (!this.#hasAddress()) this.#misses('The interface or its address');
    if (!this.#hasTable()) this.#misses('The table of the rules');
  }

  #hasAddress(): boolean {
    return Rtnetlink.use((kernel) => {
      const link = kernel.link(this.#name);
      return kernel.addresses().some((one) => one.link === link?.index && one.address === this.#address);
    });
  }

  #hasTable(): boolean {
    try {
      this.#netlink.batch([tableQuestion]);
      return true;
    } catch (error) {
      if (error instanceof NetlinkError && error.code === 'ENOENT') return false;
      throw error;
    }
  }

  #misses(what: string): void {
    this.#missing.set(what, (this.#missing.get(what) ?? 0) + 1);
  }
}
