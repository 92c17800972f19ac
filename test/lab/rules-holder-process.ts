// rules-holder-process — holds the nftables rules of a node, as an instance does, and does what messages tell it to.

import {
  ADDRESS_BYTES,
  accept,
  connectChannel,
  listenChannel,
  openNetlink,
  read,
  receiveMessage,
  sendMessage,
} from 'node-reuseport';
import {
  attribute,
  decodeMessages,
  NLM_F_CREATE,
  readNetworkUint32,
  textBytes,
} from '../../ha/node/netlink/message.ts';
import { Netlink } from '../../ha/node/netlink/netlink.ts';
import { NftablesRules } from '../../ha/node/nftables/nftables.ts';
import {
  CHAIN_NAME,
  CHAIN_TABLE,
  NETLINK_NETFILTER,
  NEWCHAIN,
  NFTABLES_EVENTS,
  nftAttributes,
  nftRequest,
  transaction,
} from '../../ha/node/nftables/numbers.ts';
import { rulesRemoval, wantedSteps } from '../../ha/node/nftables/table.ts';
import { NodeError, type Observation } from '../../ha/node/node-part.ts';
import type { WantedState } from '../../ha/node/wanted-state.ts';

/** What it can be told. */
export interface RulesHolderCalls {
  make(wantedState: WantedState): void;
  observe(): Promise<Observation>;
  apply(observation: Observation): Promise<void>;
  remove(): Promise<readonly string[]>;
  /** How many descriptors are left. */
  release(): number;
  /** Deletes the rules and leaves the chains, as only a holder may. */
  flush(): void;
  /** Adds the last rule of a wanted state once more. */
  double(wantedState: WantedState): void;
  addChain(name: string): void;
  /** The number of the rule set in force, among all that there were in the namespace. */
  generation(): number;
  /** The types of the messages since the last call; the first call begins to listen. */
  events(): readonly number[];
  /** In turn: the holder of a descriptor offers it, another process wants it, the holder gives, the other makes with it. */
  offer(name: string): void;
  want(name: string): void;
  give(): void;
  makeWithWanted(wantedState: WantedState): void;
}

export interface RulesHolderAnswer {
  readonly value?: unknown;
  readonly refused?: {
    readonly kind: string | undefined;
    readonly passing: boolean;
    readonly message: string;
  };
}

// ---------------------------------------------------------------------------------------------------------------------

const GETGEN = 16;
const GEN_ID = 1;

let rules: NftablesRules;
let channel: number;
let eventsFd: number | undefined;

const calls: RulesHolderCalls = {
  make(wantedState) {
    rules = new NftablesRules(wantedState);
  },
  observe: () => rules.observe(),
  apply: (observation) => rules.apply(observation),
  remove: () => rules.remove(),
  release() {
    rules.release();
    return rules.descriptors.length;
  },
  flush() {
    new Netlink(rules.descriptors[0]!).batch(transaction([rulesRemoval('twindns')]));
  },
  double(wantedState) {
    const { request } = wantedSteps(wantedState).at(-1)!;
    new Netlink(rules.descriptors[0]!).batch(transaction([request]));
  },
  addChain(name) {
    const chain = nftRequest(NEWCHAIN, NLM_F_CREATE, [
      [CHAIN_TABLE, textBytes('twindns')],
      [CHAIN_NAME, textBytes(name)],
    ]);
    new Netlink(rules.descriptors[0]!).batch(transaction([chain]));
  },
  generation() {
    const { type, payload } = nftRequest(GETGEN, 0, []);
    const [answer] = new Netlink(rules.descriptors[0]!).ask(type, payload);
    return readNetworkUint32(attribute(nftAttributes(answer!.payload), GEN_ID)!);
  },
  events() {
    eventsFd ??= openNetlink(NETLINK_NETFILTER, NFTABLES_EVENTS);
    const buffer = new Uint8Array(1 << 16);
    const heard: number[] = [];
    for (;;) {
      const length = read(eventsFd, buffer, 0, buffer.length);
      if (length < 0) return heard;
      heard.push(...decodeMessages(buffer.subarray(0, length)).map(({ type }) => type & 0xff));
    }
  },
  offer(name) {
    channel = listenChannel(name);
  },
  want(name) {
    channel = connectChannel(name);
  },
  give() {
    const taker = accept(channel, new Uint8Array(ADDRESS_BYTES));
    sendMessage(taker, Buffer.from('it'), 2, Int32Array.from(rules.descriptors));
  },
  makeWithWanted(wantedState) {
    const descriptors = new Int32Array(2);
    receiveMessage(channel, new Uint8Array(2), descriptors);
    rules = new NftablesRules(wantedState, descriptors[1]!);
  },
};

process.on('message', async ([call, ...args]: [keyof RulesHolderCalls, ...unknown[]]) => {
  let answer: RulesHolderAnswer;
  try {
    answer = { value: await (calls[call] as (...args: unknown[]) => unknown)(...args) };
  } catch (error) {
    const { message } = error as Error;
    answer = {
      refused:
        error instanceof NodeError
          ? { kind: error.kind, passing: error.passing, message }
          : { kind: undefined, passing: false, message: `${message} ${(error as Error).stack}` },
    };
  }
  process.send!(answer);
});
