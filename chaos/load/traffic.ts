// traffic — an open-loop stream of queries over UDP and TCP, none of them repeated: what gets no answer is lost.
//
// Queries leave at their time whether or not earlier ones were answered, as those of many clients do.

import { monotonicMs } from 'node-reuseport';
import type { Endpoint } from '../../src/config.ts';
import { kinds, nextQuestion, type Question } from './catalogue.ts';
import { Chance } from './chance.ts';
import { FaultTally } from './fault-tally.ts';
import { type Account, Ledger } from './ledger.ts';
import { manners, TcpClient, type TcpFates } from './tcp-client.ts';
import { UdpClients } from './udp-clients.ts';

export interface TrafficPlan {
  /** Asked in turn; one server, or two that are one. */
  readonly targets: readonly Endpoint[];
  /** UDP queries a second. */
  readonly rate: number;
  /** TCP connections; each asks some five questions a second. */
  readonly connections: number;
  readonly seed: number;
  /** Whether a failure of the server is a right answer to what is asked now. */
  readonly mayFail: () => Leniency;
  /** The n-th question; of the catalogue unless given. */
  readonly next?: typeof nextQuestion;
}

/** `if asked before`: a failure may be remembered for some seconds (RFC 9520), but is no excuse for a new name. */
export type Leniency = 'no' | 'if asked before' | 'yes';

/** Source ports over UDP. */
const PORTS = 128;
/** Milliseconds between bursts: short enough that a burst is a few queries. */
const BURST = 2;
/** A load that did not run for this long was stalled: delays of that time are the load's own. */
const STALL = 50;
/** How long the load waits for answers when it sends no more; clients give up after 5 s. */
const WAIT = 5000;
const TCP_RATE = 5;
/** Longest pause between the halves of a query. */
const HALVES = 80;
/** Milliseconds between the queries of an idle connection. Servers may close what is idle for 10 s. */
const IDLE = 4000;
/** The share of bursts after which a connection is replaced by a new one. */
const RENEWALS = 0.2;

export class Traffic {
  readonly udp = new Ledger();
  readonly tcp = new Ledger();
  readonly tally = new FaultTally();
  /** Milliseconds an answer may take beyond twice what its upstream takes before it is late. Unlimited while caches warm up. */
  patience = Number.POSITIVE_INFINITY;
  readonly fates: TcpFates = { opened: 0, reset: 0, cut: 0, closed: 0, refused: 0, why: new Map() };
  /** While it is, nothing is asked: no client has anything to ask. */
  hushed = false;
  /** Stretches in which the load itself did not run. */
  readonly stalls: number[] = [];
  readonly startedAt = monotonicMs();
  /** Connections that were up to the end with queries open, one phrase each. */
  unanswered: readonly string[] = [];
  readonly #plan: TrafficPlan;
  readonly #chance: Chance;
  readonly #udpClients: UdpClients;
  readonly #tcpClients: readonly TcpClient[];
  readonly #timer: NodeJS.Timeout;
  readonly #idling: NodeJS.Timeout;
  #asked = 0;
  #sentUdp = 0;
  #sentTcp = 0;
  #turn = 0;
  #pulse = monotonicMs();
  #over = false;

  constructor(plan: TrafficPlan) {
    this.#plan = plan;
    this.#chance = new Chance(plan.seed);
    const { targets } = plan;
    this.#udpClients = new UdpClients(targets, PORTS, this.udp, this.tally);
    const given = { ledger: this.tcp, tally: this.tally, fates: this.fates, now: monotonicMs };
    // Servers limit the connections of one client; these are several clients'.
    const source = ({ address }: Endpoint, i: number) =>
      address.startsWith('127.') ? `127.0.${1 + (i % 4)}.1` : undefined;
    this.#tcpClients = Array.from({ length: plan.connections }, (_, i) => {
      const target = targets[i % targets.length]!;
      return new TcpClient({ ...given, target, source: source(target, i) }, manners[i % manners.length]!);
    });
    this.#timer = setInterval(() => this.#burst(), BURST);
    this.#idling = setInterval(() => this.#askIdle(), IDLE);
  }

  get elapsed(): number {
    return monotonicMs() - this.startedAt;
  }

  /** How often the kernel said that nothing listens. */
  get refused(): number {
    return this.#udpClients.refused;
  }

  /** Sends no more, waits for the answers that are due, and ends. @param wait milliseconds at most */
  async finish(wait = WAIT): Promise<{ udp: Account; tcp: Account }> {
    const giveUp = monotonicMs() + wait;
    clearInterval(this.#idling);
    this.#sentUdp = this.#sentTcp = Number.POSITIVE_INFINITY; // the timer goes on, for the stalls
    while (this.udp.open + this.tcp.open > 0 && monotonicMs() < giveUp)
      await new Promise((resolve) => setTimeout(resolve, BURST));
    this.unanswered = this.#tcpClients.flatMap(({ unanswered }) => unanswered ?? []);
    this.abandon();
    return { udp: this.udp.account(), tcp: this.tcp.account() };
  }

  /** Ends at once. Harmless when it has ended. */
  abandon(): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#timer);
    clearInterval(this.#idling);
    for (const client of this.#tcpClients) client.close();
    this.#udpClients.close();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #burst(): void {
    this.#feelPulse();
    const seconds = this.elapsed / 1000;
    const dueUdp = Math.floor(seconds * this.#plan.rate);
    const due = Math.floor(seconds * this.#plan.connections * TCP_RATE);
    if (this.hushed) {
      this.#sentUdp = Math.max(this.#sentUdp, dueUdp);
      this.#sentTcp = Math.max(this.#sentTcp, due);
    }
    for (; this.#sentUdp < dueUdp; this.#sentUdp++) {
      const question = this.#next();
      this.#udpClients.ask(question, this.#due(question));
    }
    while (this.#sentTcp < due) this.#sentTcp += this.#askOverTcp(Math.min(due - this.#sentTcp, 4));
  }

  /** Asks at most `count` questions on the next connection that can take them; returns how many of the due are settled. */
  #askOverTcp(count: number): number {
    for (let tried = 0; tried < this.#tcpClients.length; tried++) {
      const client = this.#tcpClients[this.#turn++ % this.#tcpClients.length]!;
      if (!client.ready || client.manner === 'idle') continue;
      const questions = Array.from({ length: 1 + this.#chance.below(count) }, () => this.#next());
      client.ask(questions, (question) => this.#due(question), this.#chance.between(5, HALVES));
      if (this.#chance.next() < RENEWALS) client.renew();
      return questions.length;
    }
    return count; // no connection stands: a client that would have asked has been told so
  }

  #askIdle(): void {
    for (const client of this.#tcpClients)
      if (client.manner === 'idle' && client.ready && !this.hushed)
        client.ask([this.#next()], (question) => this.#due(question), 0);
  }

  #next(): Question {
    const question = (this.#plan.next ?? nextQuestion)(
      this.#asked++,
      this.#plan.seed.toString(36),
      this.#chance,
    );
    const lenient = this.#plan.mayFail();
    question.mayFail = lenient === 'yes' || (lenient === 'if asked before' && kinds[question.kind].names > 0);
    return question;
  }

  #due({ kind }: Question): number {
    const rounds = kind === 'huge' ? 3 : 1; // asked over UDP, cut off, connected, asked over TCP
    return this.patience + 2 * rounds * kinds[kind].delay;
  }

  #feelPulse(): void {
    const now = monotonicMs();
    if (now - this.#pulse > STALL) {
      this.stalls.push(now - this.#pulse);
      for (const ledger of [this.udp, this.tcp]) ledger.stalled(this.#pulse, now);
    }
    this.#pulse = now;
  }
}
