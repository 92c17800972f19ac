// kept-parts — the life of the parts in this process: made or received, held for the twin, kept while elected, let go.
//
//            adopt, receive            keep
//     none ─────────────────► held ◄──────────► kept
//       ▲                      │       rest
//       └── remove, release ───┘

import { isDeepStrictEqual } from 'node:util';
import { close } from 'node-reuseport';
import type { Endpoint } from '../../src/config.ts';
import type { Log } from '../../src/log/log.ts';
import type { EventLoop } from '../../src/loop/event-loop.ts';
import { addressesOf } from '../../src/options/endpoint.ts';
import type { NodeStatus } from '../../src/status.ts';
import { LOCK_PATIENCE } from '../timing.ts';
import { counted, NodeError, type NodePart } from './node-part.ts';
import { type Parts, type partsOf, refuseUnprivileged, reusable } from './parts.ts';
import type { Reconciler, ReconcilerCounters } from './reconciler.ts';
import { servedAddresses, type WantedState, warningsOf } from './wanted-state.ts';

type State =
  | { readonly name: 'none'; readonly parts?: never }
  | { readonly name: 'held'; readonly parts: Parts }
  | { readonly name: 'kept'; readonly parts: Parts; readonly unwatch: () => void };

/** A descriptor that processes pass on, and the part that lives by it. */
export type Shared = readonly [part: NodePart['name'], fd: number];

export class KeptParts {
  readonly #log: Log;
  readonly #loop: EventLoop;
  readonly #make: typeof partsOf;
  readonly #reconciler: Reconciler;
  #state: State = { name: 'none' };

  /** @param reconciler brings them to what is wanted  @param make how they are made; tests bring others */
  constructor(log: Log, loop: EventLoop, reconciler: Reconciler, make: typeof partsOf) {
    this.#log = log;
    this.#loop = loop;
    this.#make = make;
    this.#reconciler = reconciler;
  }

  get wanted(): WantedState | undefined {
    return this.#state.parts?.wanted;
  }

  get counters(): ReconcilerCounters {
    return this.#reconciler.counters;
  }

  get shared(): readonly Shared[] {
    const all = this.#state.parts?.all ?? [];
    return all.flatMap(({ name, descriptors }) => descriptors.map((fd) => [name, fd] as const));
  }

  /** Takes our own wanted state, with the descriptors of what is held already. @throws NodeError, TwindnsError */
  async adopt(wanted: WantedState): Promise<void> {
    for (const warning of warningsOf(wanted)) this.#log.warn(warning);
    const before = this.#state.parts;
    if (!isDeepStrictEqual(before?.wanted, wanted)) {
      this.#replace(await this.#make(wanted, before && reusable(before, wanted)));
    }
    refuseUnprivileged(this.#state.parts!);
  }

  /** Takes another wanted state, where there is one; it is brought about if the one before was. @throws NodeError */
  async change(wanted: WantedState): Promise<void> {
    const before = this.#state.parts;
    if (before === undefined) return;
    // That it stays may have been asked for by the twin alone.
    const next = { ...wanted, keep: wanted.keep || before.wanted.keep };
    if (isDeepStrictEqual(before.wanted, next)) return;
    const parts = await this.#make(next, reusable(before, next));
    this.#reconciler.expectChange();
    this.#replace(parts);
  }

  /** Takes what the twin keeps, and the descriptors it has handed over. */
  async receive(wanted: WantedState, shared: readonly Shared[]): Promise<void> {
    try {
      this.#replace(await this.#make(wanted, Object.fromEntries(shared)));
    } catch (error) {
      // This instance goes on without: it can serve, and cannot take over.
      this.#log.error('what the twin keeps could not be taken in', { err: error });
    }
    for (const [, fd] of shared) if (!this.#has(fd)) close(fd);
  }

  /** What was never as wanted in this process, and why, a sentence; undefined when all has been. */
  get pending(): string | undefined {
    const part = this.#state.parts?.all.find((part) => !this.#reconciler.hasSettled(part));
    if (part === undefined) return undefined;
    const reason = this.#reconciler.failureOf(part) ?? 'That is under way.';
    return part.name === 'rules'
      ? `The rules are not set yet. ${reason}`
      : `The interface is not made yet. ${reason}`;
  }

  get problems(): NodeStatus['problems'] {
    const of = (name: NodePart['name']) => {
      const part = this.#state.parts?.all.find((part) => part.name === name);
      return (part && this.#reconciler.failureOf(part)) ?? null;
    };
    return { interface: of('interface'), rules: of('rules') };
  }

  /** Clients ask its addresses: it is made before sockets are bound. @throws NodeError */
  async makeInterface(): Promise<void> {
    const part = this.#state.parts?.all.find(({ name }) => name === 'interface');
    if (part !== undefined) await this.#reconciler.reconcile(part);
  }

  /** What was left of the rules takes no query away from the cluster DNS any more. @param limitMs for which passing failures are tried again */
  async uncapture(limitMs: number): Promise<void> {
    const part = this.#state.parts?.all.find(({ name }) => name === 'rules');
    if (part === undefined) return;
    await this.#removeOne(part, limitMs).catch((error: unknown) => {
      const failed = 'rules left as they are while this instance waits';
      if (error instanceof NodeError) this.#log.error(`${failed}. ${error.message}`);
      else this.#log.error(failed, { err: error });
    });
  }

  /** From now on they are brought to what is wanted. */
  keep(): void {
    if (this.#state.name !== 'held' || this.#state.parts.all.length === 0) return;
    const { parts } = this.#state;
    if (!parts.mayChange)
      this.#log.warn(
        'without the capability NET_ADMIN the interface and the rules are held as they are; what goes missing stays so until a leader is back',
      );
    const unwatch = parts.watch(this.#loop, (what) => this.#reconciler.poke(what));
    this.#state = { name: 'kept', parts, unwatch };
    this.#reconciler.start(parts.all, parts.mayChange);
  }

  /** Resolves when nothing more is changed. */
  async rest(): Promise<void> {
    if (this.#state.name === 'kept') {
      this.#state.unwatch();
      this.#state = { name: 'held', parts: this.#state.parts };
    }
    await this.#reconciler.stop();
  }

  /**
   * From the node, in the reverse order: without the interface the rules would send queries nowhere, so it stays while they do.
   *
   * @param limitMs for which passing failures are tried again, but no shorter than programs of a node hold their locks
   * @throws NodeError what is left behind, and why; the descriptors are closed all the same
   */
  async remove(limitMs: number): Promise<void> {
    const parts = this.#state.parts;
    this.#state = { name: 'none' };
    try {
      for (const part of parts?.all.toReversed() ?? []) {
        // Without the capability, closing the descriptors still makes the kernel remove what lives by them.
        if (!parts!.mayChange && !part.stays) continue;
        await this.#removeOne(part, Math.max(limitMs, LOCK_PATIENCE)).catch((error: unknown) => {
          throw leftBehind(part, error);
        });
      }
    } finally {
      for (const part of parts?.all ?? []) part.release();
    }
  }

  /**
   * What the node has for endpoints that no instance wants any more, where that is each one's own: an address of a dummy, unless
   * another port of it is wanted, and rows of iptables. A TUN device goes with its last holder, and an nftables table is brought to what is wanted as a whole.
   * @param limitMs for which passing failures are tried again
   */
  async removeFor(endpoints: readonly Endpoint[], limitMs: number): Promise<void> {
    const parts = this.#state.parts;
    if (parts?.mayChange !== true || endpoints.length === 0) return;
    const { further: _, ...wanted } = parts.wanted;
    const stay = servedAddresses(parts.wanted);
    const [addresses, further] = [
      addressesOf(endpoints.filter(({ address }) => !stay.includes(address))),
      endpoints.filter(({ address }) => stay.includes(address)),
    ];
    const type = wanted.interface.type === 'dummy' ? 'dummy' : 'none';
    const rules = wanted.rules === 'iptables' ? 'iptables' : 'none';
    const none = { ...wanted, interface: { ...wanted.interface, type: 'none' }, rules } as const;
    if (further.length > 0) await this.#removeAll({ ...none, addresses: [], further }, limitMs);
    const own = { ...none, addresses, interface: { ...wanted.interface, type } } as const;
    if (addresses.length > 0) await this.#removeAll(own, limitMs);
  }

  /** Leaves them on the node, to the processes that hold them. */
  release(): void {
    for (const part of this.#state.parts?.all ?? []) part.release();
    this.#state = { name: 'none' };
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** The former parts close the descriptors that the new ones have not taken. */
  #replace(parts: Parts): void {
    const { name, parts: before } = this.#state;
    if (name === 'kept') void this.rest();
    this.#state = { name: 'held', parts };
    for (const name of ['interface', 'rules'] as const)
      this.counters.wanted[name] = counted(parts.all.find((part) => part.name === name)?.wanted ?? []);
    for (const part of before?.all ?? []) if (!part.descriptors.some((fd) => this.#has(fd))) part.release();
    if (name === 'kept') this.keep();
  }

  async #removeAll(wanted: WantedState, limitMs: number): Promise<void> {
    const { all } = await this.#make(wanted);
    for (const part of all.toReversed()) {
      await this.#removeOne(part, limitMs);
      part.release();
    }
  }

  #has(fd: number): boolean {
    return this.shared.some(([, one]) => one === fd);
  }

  async #removeOne(part: NodePart, limitMs: number): Promise<void> {
    const removed = await this.#reconciler.remove(part, limitMs);
    if (removed.length > 0) this.#log.info(`${part.name} removed`, { removed: removed.length });
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function leftBehind({ name }: NodePart, error: unknown): unknown {
  if (!(error instanceof NodeError)) return error;
  return new NodeError(error.kind, `${name} left behind; \`twindns clean\` removes it. ${error.message}`, {
    cause: error,
  });
}
