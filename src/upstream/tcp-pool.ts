// tcp-pool — questions over TCP or TLS: a few connections that stay, many questions on each at once, answers in any order.
//
// Nothing is sent twice on a connection that lives (RFC 7766 section 6.2). One on which a slow answer holds up the others gets
// no new questions, and those held up are asked on another one, too. What was on a connection that closes is asked again: a
// server may close when it likes.
//
//   made ── 29 to 58 s ──► due ── another one is made, and tried ── it answers ──► retired: no new questions
//                           ▲                         │                                │ its last answer
//                           └──── 5 s, no answer ─────┘                                ▼ closed
//
// So a server that is new behind the address of a Service gets its share: a server is chosen for each connection.

import { Deadline, type DeadlineOwner } from '../loop/deadlines.ts';
import type { OpenStream } from './byte-stream.ts';
import { type Asked, Exchange, type ExchangeFailure } from './exchange.ts';
import { probeQuestion } from './probe.ts';
import { refusalThrown } from './refusal.ts';
import type { ResponseTime } from './response-time.ts';
import type { ServerRecord } from './server-record.ts';
import { type Sessions, UpstreamSession } from './tcp-session.ts';
import type { UpstreamContext } from './upstream-context.ts';

const MAX_CONNECTIONS = 4;
/** Questions on one connection before another is opened. */
const CROWD = 64;
/** Milliseconds beyond what is usual, in which nothing came, after which a connection counts as blocked. */
const BLOCKED = 20;
/** How often connections are looked at while something waits on them. */
const LOOK = 10;
/** A connection that has been silent for so long on a question that is given up has no future. */
const DEAD = 2000;
/** Each of the connections may be closed just as a question is sent; one more time is the server's answer to it. */
const MAX_CLOSINGS = MAX_CONNECTIONS + 1;
/**
 * What a closing counts behind the answer to another question: there are servers that answer one question a connection. But it
 * may be this question that they do not like.
 */
const IN_TURN = 1 / 8;
/** After a connection was denied by this machine no other is asked for, milliseconds. */
const PAUSE = 50;
/** A connection on trial has so long for its first answer, milliseconds. */
const TRIAL = 1500;
/** From the beginning of a trial to the next, if nothing comes of it: there are servers that take no second connection. */
const TRIALS_APART = 5000;
/** By then all that was asked on a retired connection is answered or given up, milliseconds. */
const RETIREMENT = 5000;

/** How the connections of a pool are made, and for how long they are kept; milliseconds. */
export interface Connecting {
  readonly transport: 'tcp' | 'tls';
  readonly open: OpenStream;
  /** After so long another one is tried while one is still being made. */
  readonly patience: number;
  /** After a server refused one no other is asked for. */
  readonly pause: number;
  /** One without a question is closed after this long (CoreDNS: expire). */
  readonly expire: number;
  /** One that is older is replaced; 0: when it is time. */
  readonly maxAge: number;
}

export class TcpPool implements Sessions, DeadlineOwner {
  opened = 0;
  reused = 0;
  readonly #connecting: Connecting;
  readonly #context: UpstreamContext;
  readonly #record: ServerRecord;
  readonly #time: ResponseTime;
  readonly #asked: Asked;
  readonly #sessions: UpstreamSession[] = [];
  /** It is asked nothing but whether it works. */
  #trial: UpstreamSession | undefined;
  #probe: Exchange | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  readonly #probing = probeQuestion({ answered: () => this.#endTrial(), failed: () => {} });
  readonly #look = new Deadline(this);
  #looks = false;
  #closed = false;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #failure: ExchangeFailure = 'local';

  constructor(
    connecting: Connecting,
    context: UpstreamContext,
    record: ServerRecord,
    time: ResponseTime,
    asked: Asked,
  ) {
    this.#record = record;
    this.#connecting = connecting;
    this.#context = context;
    this.#time = time;
    this.#asked = asked;
  }

  /** Connections that are open. */
  get size(): number {
    return this.#sessions.length + Number(this.#trial !== undefined);
  }

  /** Sends the question, which is told how that ended, never during this call. */
  ask(exchange: Exchange, now: number): void {
    const session = this.#pick(exchange, now);
    if (session === undefined) {
      const reason = this.#failure;
      this.#context.loop.later(() => exchange.question.failed(exchange, reason));
      return;
    }
    session.send(exchange, now);
    if (this.#looks) return;
    this.#looks = true;
    this.#context.deadlines.set(this.#look, LOOK);
  }

  /** @param leave whether nothing more will be asked here */
  sweep(now: number, leave = false): void {
    if (this.#trial !== undefined && (leave || now - this.#triedAt > TRIAL)) this.#trial.end('closed');
    for (const session of [...this.#sessions]) {
      const idles =
        leave || session.retired !== undefined || now - session.lastUsed > this.#connecting.expire;
      if (session.waiting === 0 && idles) session.end('closed');
      else if (session.retired === undefined && now >= session.due && !leave) this.#replace(session, now);
      else if (now - (session.retired ?? now) > RETIREMENT) session.end('closed');
    }
  }

  close(): void {
    this.#closed = true;
    this.#context.deadlines.cancel(this.#look);
    this.#trial?.end('closed');
    for (const session of [...this.#sessions]) session.end('closed');
  }

  expired(_deadline: Deadline, now: number): void {
    for (const session of [...this.#sessions]) if (this.#isBlocked(session, now)) this.#relieve(session, now);
    this.#looks = this.#sessions.some(({ waiting }) => waiting > 0);
    if (this.#looks) this.#context.deadlines.set(this.#look, LOOK);
  }

  strange(): void {
    this.#record.mismatches++;
  }

  stands(session: UpstreamSession): void {
    if (session === this.#trial) return;
    const now = this.#context.now();
    for (const other of this.#sessions) {
      if (other.stands || (session.vital && !other.vital)) continue;
      for (const exchange of other.takeUnsent()) session.send(exchange, now);
    }
  }

  ended(session: UpstreamSession, lost: readonly Exchange[], reason: ExchangeFailure): void {
    if (session === this.#trial) {
      this.#trial = undefined;
      this.#probe = undefined;
      return;
    }
    const index = this.#sessions.indexOf(session);
    if (index >= 0) this.#sessions.splice(index, 1);
    if (this.#closed) return;
    if (reason === 'local') this.#pause(reason);
    else if (reason !== 'closed' && this.#connecting.pause > 0) this.#pause(reason, this.#connecting.pause);
    const again = reason === 'closed' || (reason !== 'local' && this.#sessions.some(({ stands }) => stands));
    for (const [place, exchange] of lost.entries()) {
      if (exchange.over) continue;
      if (!session.worked) exchange.closings++;
      else if (place === 0) exchange.closings += IN_TURN;
      if (again && exchange.closings < MAX_CLOSINGS) this.ask(exchange, this.#context.now());
      else exchange.question.failed(exchange, reason);
    }
  }

  // -------------------------------------------------------------------------------------------------------------------

  #pick(exchange: Exchange, now: number): UpstreamSession | undefined {
    const { vital } = exchange.question;
    let best: UpstreamSession | undefined;
    let blocked: UpstreamSession | undefined;
    for (const session of this.#sessions) {
      if (session.retired !== undefined || (session.vital && !vital)) continue;
      if (this.#isBlocked(session, now)) {
        if (blocked === undefined || session.waiting < blocked.waiting) blocked = session;
      } else if (best === undefined || session.waiting < best.waiting) best = session;
    }
    const fresh = best === undefined || best.waiting >= CROWD ? this.#open(vital, now) : undefined;
    if (fresh !== undefined) return fresh;
    this.reused++;
    return best ?? blocked;
  }

  /** Another one for questions: that on trial, if there is one, is needed more now. */
  #open(vital: boolean, now: number): UpstreamSession | undefined {
    if (this.#trial !== undefined) return this.#endTrial();
    const fresh = this.#make(vital, now);
    if (fresh !== undefined) this.#sessions.push(fresh);
    return fresh;
  }

  #make(vital: boolean, now: number): UpstreamSession | undefined {
    if (now < this.#pausedUntil || !this.#hasRoom(vital)) return undefined;
    const { loop } = this.#context;
    const { open, maxAge } = this.#connecting;
    const last = !this.#hasRoom(false);
    try {
      const fresh = new UpstreamSession(open, loop, this.#context.now, maxAge, last, this);
      this.opened++;
      return fresh;
    } catch (error) {
      this.#pause(refusalThrown(error));
      return undefined;
    }
  }

  /** Retires a connection that is due, if another one is known to work; else one is tried. */
  #replace(session: UpstreamSession, now: number): void {
    const isSuccessor = (other: UpstreamSession) =>
      now < other.due && other.worked && (session.vital || !other.vital) && !this.#isBlocked(other, now);
    if (this.#sessions.some(isSuccessor)) session.retired = now;
    else if (this.#trial === undefined && now - this.#triedAt > TRIALS_APART) this.#try(now);
  }

  #try(now: number): void {
    this.#triedAt = now;
    this.#trial = this.#make(false, now);
    if (this.#trial === undefined) return;
    this.#probe = new Exchange(this.#probing, this.#asked, this.#connecting.transport, true, now);
    this.#trial.send(this.#probe, now);
  }

  /** It serves from now on. */
  #endTrial(): UpstreamSession | undefined {
    const trial = this.#trial;
    this.#probe?.cancel();
    this.#trial = undefined;
    this.#probe = undefined;
    if (trial !== undefined) this.#sessions.push(trial);
    return trial;
  }

  /** The last connection is only for vital questions. */
  #hasRoom(vital: boolean): boolean {
    if (vital) return this.size < MAX_CONNECTIONS;
    const vitals = this.#sessions.filter((session) => session.vital).length;
    return this.size - vitals < MAX_CONNECTIONS - 1;
  }

  #isBlocked(session: UpstreamSession, now: number): boolean {
    const { patience } = this.#connecting;
    return session.silence(now) >= (session.stands ? this.#time.usual + BLOCKED : patience);
  }

  /** Takes from a blocked connection what can be had elsewhere. */
  #relieve(session: UpstreamSession, now: number): void {
    const { oldest } = session;
    if (session.stands && oldest?.open === false && session.silence(now) >= DEAD)
      return session.end('closed');
    if (!session.stands) {
      if (oldest !== undefined && this.#hasBetter(oldest, now)) {
        for (const exchange of session.takeUnsent()) this.ask(exchange, now);
      }
      return;
    }
    for (const exchange of session.heldUp()) {
      if (exchange.askedElsewhere || !this.#hasBetter(exchange, now)) continue;
      exchange.askedElsewhere = true;
      exchange.question.heldUp(exchange);
    }
  }

  #hasBetter({ question: { vital } }: Exchange, now: number): boolean {
    if (this.#hasRoom(vital) && now >= this.#pausedUntil) return true;
    return this.#sessions.some(
      (session) =>
        session.retired === undefined && (vital || !session.vital) && !this.#isBlocked(session, now),
    );
  }

  #pause(failure: ExchangeFailure, ms = PAUSE): void {
    this.#failure = failure;
    this.#pausedUntil = this.#context.now() + ms;
  }
}
