// membership — what an instance needs of the other one, and what there is of it where an instance is alone.

import type { Config } from '../config.ts';
import type { Passing } from '../handover/connection-backup.ts';
import type { Handover, Succession } from '../handover/handover.ts';
import type { ListenSockets } from '../handover/sockets.ts';
import type { Log } from '../log/log.ts';
import type { Stalls } from '../loop/stalls.ts';
import { isAmong } from '../options/endpoint.ts';
import type { CustodyStatus, NodeStatus } from '../status.ts';
import { ownStalls } from './own-stalls.ts';

/** Milliseconds after which all that has come to a socket by now is answered or given up. */
const CLOSED_AFTER = 6000;

/** How an instance goes. */
export interface Leaving {
  readonly succession: Succession;
  /** Leaves a connection on which nothing is open to whoever reads our sockets by then; the descriptor stays ours. */
  pass(fd: number): Passing;
}

/** What an instance needs of the other one; it would serve alone without. */
export interface Membership {
  /** Resolves to the sockets of our slot if the twin held them. */
  join(): Promise<readonly ListenSockets[] | undefined>;
  /** It is not to be captured yet: what a predecessor left is to capture nothing either. */
  wait(): void;
  /** What has to be there before sockets are bound. */
  prepare(): Promise<void>;
  /** Of this process, as its beats show them. */
  readonly stalls: Stalls;
  /** We read our sockets now. */
  serving(handover: Handover): void;
  /** We are told to serve otherwise, as the handover says: other endpoints, other answers. An endpoint that is wanted no more is given up once the twin does not want it. */
  planChanged(): void;
  /** A twin that is away is waited for at a SIGTERM that comes soon: something is to come in our place. */
  preStop(): void;
  /**
   * Asks others to read our sockets from now on; resolves to whether one does.
   * @param inOrder a twin that has just begun is waited for, for a moment
   */
  leave(inOrder: boolean): Promise<Leaving>;
  /** Waits for no twin any longer; false when it did not. */
  hurry(): boolean;
  stop(): Promise<void>;
  status(): CustodyStatus;
  /** Undefined where nobody sees to the interface and the rules. */
  node(): NodeStatus | undefined;
  /** What is not there yet of interface and rules, a sentence; undefined once they have been. */
  pending(): string | undefined;
}

export type MeetTwin = (config: Config, log: Log) => Membership;

/** Of an instance that knows no twin: it binds its own sockets, and they die with it. */
export function alone(): Membership {
  let handover: Handover | undefined;
  return {
    stalls: ownStalls(), // it does not beat, so there are none
    join: async () => undefined,
    wait() {},
    prepare: async () => {},
    serving(given) {
      handover = given;
    },
    planChanged() {
      const { sockets = [], wanted = [] } = handover ?? {};
      const left = sockets.filter((one) => !isAmong(one, wanted));
      if (handover !== undefined && left.length > 0) setTimeout(handover.giveUp(left), CLOSED_AFTER).unref();
    },
    preStop() {},
    leave: async () => ({ succession: 'none', pass: () => 'kept' }),
    hurry: () => false,
    stop: async () => {},
    status: () => ({ enabled: false }),
    node: () => undefined,
    pending: () => undefined,
  };
}

/** Whether a twin answers clients. */
export function isServed(twin: Membership): boolean {
  const status = twin.status();
  return status.enabled && status.twins.some(({ serving }) => serving);
}
