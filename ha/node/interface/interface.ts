// interface — the addresses that are served, on an interface of their own: what is wanted, what is found, the change.
//
// It is never set UP: the kernel delivers to an address of this machine in whatever state its interface is, and an interface
// that is DOWN makes no routes and no noise. A dummy stays until it is removed. A TUN device stays as long as a process has
// its descriptor open: shared with the twin, it ends with the last of both.

import { closeSync, openSync, readSync } from 'node:fs';
import { close, openTun } from 'node-reuseport';
import type { InterfaceType } from '../../../src/config.ts';
import { errnoOf } from '../../../src/errors.ts';
import { type Link, type LinkAddress, Rtnetlink } from '../netlink/rtnetlink.ts';
import { NodeError, type NodePart, type Observation } from '../node-part.ts';
import { servedAddresses, type WantedState } from '../wanted-state.ts';
import { addressElsewhere, IPVS, kernelRefusal, movedMeanwhile, notOurs } from './refusals.ts';

export interface InterfaceObservation extends Observation {
  /** Undefined while there is none. */
  readonly link: Link | undefined;
  readonly missing: readonly string[];
}

/** Whether it is the descriptor of a TUN device. */
export function isTun(fd: number): boolean {
  return interfaceOf(fd) !== undefined;
}

export class NodeInterface implements NodePart<InterfaceObservation> {
  readonly name = 'interface';
  readonly #link: string;
  readonly #type: InterfaceType;
  readonly #addresses: readonly string[];
  /** Of these, those that another interface may have. */
  readonly #elsewhere: readonly string[];
  readonly #onlooker: boolean;
  #tun: number | undefined;

  /**
   * @param given.tunFd from the twin; we close it from now on, and adopt its interface if it is the wanted one
   * @param given.onlooker it changes nothing, so a TUN device may live by another process's descriptor
   */
  constructor(
    wanted: Pick<WantedState, 'interface' | 'addresses' | 'further' | 'elsewhere'>,
    given: { readonly tunFd?: number | undefined; readonly onlooker?: boolean } = {},
  ) {
    this.#link = wanted.interface.name;
    this.#type = wanted.interface.type;
    this.#addresses = servedAddresses(wanted);
    this.#elsewhere = wanted.elsewhere ?? [];
    this.#onlooker = given.onlooker ?? false;
    this.#tun = given.tunFd;
  }

  get stays(): boolean {
    return this.#type === 'dummy';
  }

  /** The number changes when a TUN device is made anew: the twin has to be given it again. */
  get descriptors(): readonly number[] {
    return this.#tun === undefined ? [] : [this.#tun];
  }

  get wanted(): readonly string[] {
    return [this.#line(), ...this.#addresses.map((address) => addressLine(withPrefix(address)))];
  }

  /** @throws NodeError also when the name or an address is taken */
  async observe(): Promise<InterfaceObservation> {
    return this.#talk('observe', (kernel) => {
      const link = kernel.link(this.#link);
      if (link !== undefined && !this.#isOurs(link)) throw notOurs(link, this.#type);
      const all = kernel.addresses();
      const others = all.filter(
        ({ link: at, address }) => at !== link?.index && this.#addresses.includes(address),
      );
      for (const other of others) {
        const place = kernel.link(other.link);
        if (!this.#elsewhere.includes(other.address) || place?.name === IPVS)
          throw addressElsewhere(other.address, place, this.#link);
      }
      const here = link === undefined ? [] : all.filter(({ link: at }) => at === link.index);
      return this.#compare(
        link,
        here,
        others.map(({ address }) => address),
      );
    });
  }

  async apply({ plan, link, missing }: InterfaceObservation): Promise<void> {
    if (plan.length === 0) return;
    this.#talk('complete', (kernel) => {
      if (link === undefined && kernel.link(this.#link) === undefined) this.#make(kernel);
      const now = kernel.link(this.#link);
      // Another program may have removed or replaced it meanwhile.
      if (now === undefined || !this.#isOurs(now)) throw movedMeanwhile(this.#link);
      for (const address of missing) this.#add(kernel, now, address);
    });
  }

  /**
   * A dummy that has other addresses too, of a predecessor or of another pair, stays and loses ours alone. When we were given
   * no addresses it goes with all it has.
   */
  async remove(): Promise<readonly string[]> {
    const removed = this.#talk('remove', (kernel) => {
      const link = kernel.link(this.#link);
      if (link === undefined || !this.#isOurs(link)) return [];
      const there = kernel.addresses().filter(({ link: at }) => at === link.index);
      const ours = there.filter(({ address }) => this.#addresses.includes(address));
      // The kernel itself adds a link-local address.
      const others = there.filter((one) => !ours.includes(one) && !/^fe[89ab]/.test(one.address));
      if (this.#type === 'dummy' && this.#addresses.length > 0 && others.length > 0) {
        for (const { address } of ours) kernel.deleteAddress(link.index, address);
        return ours.map(addressLine);
      }
      kernel.deleteLink(link.index);
      return [this.#line(), ...there.map(addressLine)];
    });
    this.release();
    return removed;
  }

  async remaining(): Promise<readonly string[]> {
    return this.#talk('observe', (kernel) => {
      const link = kernel.link(this.#link);
      if (link === undefined) return [];
      if (!this.#isOurs(link)) return [`left: ${notOurs(link, this.#type).message}`];
      return [
        `left: interface ${this.#link}, which has addresses of others: see them with \`ip address show ${this.#link}\`; \`twindns clean\` removes it with all it has.`,
      ];
    });
  }

  release(): void {
    if (this.#tun !== undefined) close(this.#tun);
    this.#tun = undefined;
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** @param others addresses that other interfaces have, and may have */
  #compare(
    link: Link | undefined,
    there: readonly LinkAddress[],
    others: readonly string[],
  ): InterfaceObservation {
    const wanted = this.#addresses.filter((address) => !others.includes(address)).map(withPrefix);
    // An address of ours with another prefix serves as well, and IPv6 would refuse it a second time.
    const missing = wanted.filter(({ address }) => !there.some((one) => one.address === address));
    const add = missing.map((address) => `+ ${addressLine(address)}`);
    return {
      wanted: [this.#line(), ...wanted.map(addressLine)],
      found: link === undefined ? [] : [this.#line(), ...there.map(addressLine)],
      plan: link === undefined ? [`+ ${this.#line()}`, ...add] : add,
      link,
      missing: missing.map(({ address }) => address),
    };
  }

  /** Of our kind and in no bridge; a TUN device only by its descriptor, since another process's goes when that ends. */
  #isOurs({ name, kind, master }: Link): boolean {
    if (kind !== this.#type || master !== undefined) return false;
    return kind === 'dummy' || this.#onlooker || (this.#tun !== undefined && interfaceOf(this.#tun) === name);
  }

  #make(kernel: Rtnetlink): void {
    if (this.#type === 'dummy') return kernel.createDummy(this.#link);
    // The interface of the old descriptor was removed, or is not the wanted one. The new one is opened before the old one is
    // closed: by another number the keeper sees that the twin has to be given it.
    const made = openTun(this.#link);
    this.release();
    this.#tun = made;
  }

  #add(kernel: Rtnetlink, link: Link, address: string): void {
    try {
      kernel.addAddress(link.index, address);
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'ENODEV') throw movedMeanwhile(this.#link);
      if (code !== 'EEXIST') throw kernelRefusal(`add ${address} to`, this.#link, this.#type, error);
    }
  }

  /** Refusals of the kernel become sentences that an operator can act on. */
  #talk<T>(what: 'observe' | 'complete' | 'remove', talk: (kernel: Rtnetlink) => T): T {
    try {
      return Rtnetlink.use(talk);
    } catch (error) {
      if (error instanceof NodeError) throw error;
      throw kernelRefusal(what, this.#link, this.#type, error);
    }
  }

  #line(): string {
    return `interface ${this.#link} (${this.#type})`;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function withPrefix(address: string) {
  return { address, prefix: address.includes(':') ? 128 : 32 };
}

function addressLine({ address, prefix }: { readonly address: string; readonly prefix: number }): string {
  return `address ${address}/${prefix}`;
}

/** Of the descriptor of a TUN device; empty once the interface is removed, undefined for any other descriptor. */
function interfaceOf(fd: number): string | undefined {
  try {
    return /^iff:\t(.*)$/m.exec(aboutDescriptor(fd))?.[1];
  } catch {
    return undefined;
  }
}

/** The beginning of it: of a TUN device there is no more, of other things there may be very much. */
function aboutDescriptor(fd: number): string {
  const about = openSync(`/proc/self/fdinfo/${fd}`, 'r');
  try {
    const room = Buffer.alloc(4096);
    return room.toString('latin1', 0, readSync(about, room));
  } finally {
    closeSync(about);
  }
}
