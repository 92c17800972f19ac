// pair-problems — what is between two instances that should be one pair: each is warned of once, and again each minute while it
// lasts.

import type { Config, Endpoint, Slot } from '../../src/config.ts';
import type { Log } from '../../src/log/log.ts';
import { isAwaited } from '../../src/options/slot.ts';
import { type PairProblem, type PairProblemKind, pairProblems } from '../../src/status.ts';
import type { Peer } from '../peers/peer.ts';
import { DIFFERS_HELD, READ_BY_BOTH, REMINDED, UNMET } from '../timing.ts';
import { textsOf } from './endpoint-texts.ts';
import { type Message, PROTOCOL_VERSION } from './protocol.ts';
import { differing, settingsOf } from './settings.ts';

interface Told {
  readonly text: string;
  readonly at: number;
  /** When it began. */
  readonly since: number;
}

export class PairProblems {
  readonly #log: Pick<Log, 'warn' | 'info'>;
  readonly #now: () => number;
  readonly #told = new Map<PairProblemKind, Told>();
  readonly #config: Config;
  /** Since when another process waits for our slot. */
  #awaitedSince: number | undefined;
  /** Since when the twin serves other addresses. */
  #othersSince: number | undefined;
  /** When we began, monotonic milliseconds. */
  readonly #begunAt: number;
  /** By the names of the flags, whether the twin has the same. */
  settingsMatch: Readonly<Record<string, boolean>> = {};

  /** @param now monotonic milliseconds */
  constructor(config: Config, log: Pick<Log, 'warn' | 'info'>, now: () => number) {
    this.#config = config;
    this.#log = log;
    this.#now = now;
    this.#begunAt = now();
  }

  /**
   * Compares what both were told, tells the twin's peer whether it answers as we do, and sees which other processes there are.
   * @param own what we are told to serve  @param unmet why a twin that runs is not met
   * @param configuration what we answer now
   */
  look(
    own: readonly Endpoint[],
    peer: Pick<Peer, 'wanted' | 'settings' | 'answersAlike'> | undefined,
    unmet: string | undefined,
    configuration?: string,
  ): void {
    const { slot } = this.#config;
    this.see('channel', peer === undefined ? unmet : undefined);
    const now = this.#now();
    this.#awaitedSince = isAwaited(this.#config, slot) ? (this.#awaitedSince ?? now) : undefined;
    const waits = this.#awaitedSince !== undefined && now - this.#awaitedSince >= UNMET;
    this.see('slot', waits ? awaitedText(slot) : undefined);
    // While the twin is away, what is known of it stays as it is.
    if (peer?.wanted !== undefined) this.#compare(own, peer.wanted);
    if (peer?.settings !== undefined) {
      const ours = settingsOf(this.#config, configuration);
      const others = differing(ours, peer.settings);
      const known = Object.keys(ours).filter((flag) => peer.settings![flag] !== undefined);
      this.settingsMatch = Object.fromEntries(known.map((flag) => [flag.slice(2), !others.includes(flag)]));
      peer.answersAlike = !others.includes('--corefile');
      this.see('settings', settingsText(others));
    }
  }

  /** How it stands with that. @param text for people; undefined: well */
  see(problem: PairProblemKind, text: string | undefined): void {
    const told = this.#told.get(problem);
    const now = this.#now();
    if (text === undefined) {
      if (this.#told.delete(problem)) this.#log.info('this is over', { problem, was: told!.text });
      return;
    }
    if (told?.text === text && now - told.at < REMINDED) return;
    this.#told.set(problem, { text, at: now, since: told?.since ?? now });
    this.#log.warn(text, { problem });
  }

  /**
   * Why a newcomer is not ready yet: its twin answers otherwise. It serves all the same, and is ready after a while, for a roll-out
   * of other settings is to go on, too; but slowly, so that a mistake is seen before it is everywhere.
   */
  get pending(): string | undefined {
    const differs = this.#told.get('settings');
    const isNew = differs !== undefined && differs.since - this.#begunAt < UNMET;
    if (!isNew || this.#now() - this.#begunAt >= DIFFERS_HELD) return undefined;
    return `This instance answers, but not as its twin does, and is not ready for its first ${DIFFERS_HELD / 1000} s: ${differs.text}.`;
  }

  get all(): readonly PairProblem[] {
    return pairProblems.flatMap((problem) => {
      const told = this.#told.get(problem);
      return told === undefined ? [] : [{ problem, text: told.text }];
    });
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** A Corefile is read by one instance after the other, so that they differ for a while. */
  #compare(own: readonly Endpoint[], theirs: readonly Endpoint[]): void {
    const { port, corefile } = this.#config;
    const from = corefile === undefined ? '--listen' : 'where the Corefile listens';
    const text = addressesText(own, theirs, port, from);
    const now = this.#now();
    this.#othersSince = text === undefined ? undefined : (this.#othersSince ?? now);
    const isEarly = corefile !== undefined && now - (this.#othersSince ?? now) < READ_BY_BOTH;
    this.see('addresses', isEarly ? undefined : text);
  }
}

/** Both sets, and what is made of them; undefined when they are the same. @param port the pair's  @param from what names them */
export function addressesText(
  ours: readonly Endpoint[],
  theirs: readonly Endpoint[],
  port: number,
  from = '--listen',
): string | undefined {
  const [own, other] = [ours, theirs].map((endpoints) => textsOf(endpoints, port).sort().join(','));
  if (own === other) return undefined;
  return (
    `the twin serves other addresses: ${from} is ${own} here and ${other} there. Both share those they have in common; of the ` +
    'others each reads its own alone, and what no instance wants any more goes. Give both the same'
  );
}

export function settingsText(flags: readonly string[]): string | undefined {
  if (flags.length === 0) return undefined;
  if (flags.length === 1 && flags[0] === '--corefile')
    return 'the twin has another configuration: its Corefile says something else, so answers may differ. It is over once both have read the same file';
  return `the twin has other values of ${flags.join(', ')}: a question is answered by either, so answers may differ. Give this one and the twin the same`;
}

export function awaitedText(slot: Slot): string {
  return `another process waits for the slot ${slot} of this one. Unless it is to replace this one, start it with the other --slot, or stop it`;
}

export function warnOfProtocol(
  log: Pick<Log, 'warn'>,
  { slot, pid, version, protocol }: Pick<Message, 'slot' | 'pid' | 'version' | 'protocol'>,
): void {
  const about = { twin: slot, pid, version, protocol, ours: PROTOCOL_VERSION };
  log.warn('the twin speaks another protocol: sockets alone change hands', about);
}
