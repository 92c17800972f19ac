// wanted-endpoints — the endpoints an instance of the pair wants, and what becomes of the sockets of others.
//
// Two instances are told other ones while their settings are changed, one after the other. An endpoint is served as long as
// one of the two wants it: by the sockets both slots have of it, which a newcomer that does not want it takes over all the same.

import { type Config, type Endpoint, otherSlot } from '../../src/config.ts';
import type { Handover } from '../../src/handover/handover.ts';
import { closeSockets, type ListenSockets } from '../../src/handover/sockets.ts';
import { isAmong } from '../../src/options/endpoint.ts';
import type { Keeper } from '../node/keeper.ts';
import type { Peer } from '../peers/peer.ts';
import type { Custody } from './custody.ts';

export class WantedEndpoints {
  readonly #config: Pick<Config, 'slot' | 'listeners'>;
  readonly #handover: () => Pick<Handover, 'wanted'> | undefined;
  readonly #twin: () => Pick<Peer, 'wanted'> | undefined;
  readonly #custody: Pick<Custody, 'wantedOf' | 'giveUp'>;
  readonly #keeper: Pick<Keeper, 'unwanted'>;

  /** @param handover undefined until we serve  @param keeper told what no instance wants any more */
  constructor(
    config: Pick<Config, 'slot' | 'listeners'>,
    handover: () => Pick<Handover, 'wanted'> | undefined,
    twin: () => Pick<Peer, 'wanted'> | undefined,
    custody: Pick<Custody, 'wantedOf' | 'giveUp'>,
    keeper: Pick<Keeper, 'unwanted'>,
  ) {
    this.#config = config;
    this.#handover = handover;
    this.#twin = twin;
    this.#custody = custody;
    this.#keeper = keeper;
  }

  /** Of sockets of our slot that the twin has, those we go on with; the others are closed here, and are the twin's to end. */
  take(sockets: readonly ListenSockets[] = []): readonly ListenSockets[] | undefined {
    const left = this.#unwanted(sockets);
    this.#keeper.unwanted(left);
    closeSockets(left);
    const kept = sockets.filter((one) => !left.includes(one));
    return kept.length > 0 ? kept : undefined;
  }

  /**
   * The twin has shown sockets of these endpoints. Ours that it was the last to want are given up.
   * @returns whether it is to be shown ours again: there are fewer, or their places mean more than it was told
   */
  meet(theirs: readonly Endpoint[], handover: Pick<Handover, 'sockets' | 'endpoints'> | undefined): boolean {
    if (handover === undefined) return false;
    const meansMore = handover.endpoints.add(theirs);
    return this.giveUp(handover) || meansMore;
  }

  /** Of our sockets those that no instance wants. @returns whether there were such */
  giveUp(handover: Pick<Handover, 'sockets'>): boolean {
    const left = this.#unwanted(handover.sockets);
    if (left.length === 0) return false;
    this.#custody.giveUp(left);
    this.#keeper.unwanted(left);
    return true;
  }

  /** What we are told to serve. */
  get own(): readonly Endpoint[] {
    return this.#handover()?.wanted ?? this.#config.listeners;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #unwanted(sockets: readonly ListenSockets[]): readonly ListenSockets[] {
    // While a slot has no process it wants what its last one did: the next may, too.
    const theirs = this.#twin()?.wanted ?? this.#custody.wantedOf(otherSlot(this.#config.slot));
    return sockets.filter((one) => !isAmong(one, this.own) && !isAmong(one, theirs));
  }
}
