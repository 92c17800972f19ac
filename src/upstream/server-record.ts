// server-record — what is known of one server by one transport, whichever forwards ask it: what was sent, what came of it, and
// in one word how it fares. That word is for people, and changes slowly; in which order servers are asked is `Upstream`'s.
//
//        ┌───────── nothing sent for a minute ──────── unasked ─── an answer ───┐
//        │                                                                      ▼
//     failing ◄── more than 10 % of the last 50 came to nothing ── up ── answers of 250 ms and four times what is usual ──► slow
//        │                                                          ▲
//      down ── answers again, three of them, for a second ──────────┘        from any: no answer for 3 s and 3 sends ──► down

import {
  type FailureReason,
  failureReasons,
  type ServerCounters,
  type UpstreamState,
  type UpstreamStatus,
} from '../status.ts';
import type { Transport } from './exchange.ts';
import { Minute } from './last-minute.ts';

/** Milliseconds. */
const MINUTE = 60_000;
/** Without an answer for so long, milliseconds, and to so many sends, it is down. */
const SILENT = 3000;
const SILENT_SENDS = 3;
/** It is back with so many answers, and the first of them so long ago, milliseconds. */
const BACK_ANSWERS = 3;
const BACK = 1000;
/** Of so many last questions more than one part of them come to nothing when it fails, and no more than another one when it is over. */
const LAST = 50;
const FAILS = 0.1;
const FAILS_NO_MORE = 0.05;
const FEWEST_FAILURES = 3;
/** … for so long, milliseconds: of 50 questions few are lost by chance now and then. */
const CALM = 5000;
/** Milliseconds that half of the answers take at least of one that is slow, and so many times what is usual. */
const SLOW = 250;
const SLOW_NO_MORE = 200;
const SLOWER = 4;
const FEWEST_ANSWERS = 3;
/** What is usual is learnt so often, milliseconds, with this weight. */
const LEARNS = 10_000;
const LEARNT = 1 / 8;

export class ServerRecord {
  readonly endpoint: string;
  readonly transport: Transport;
  requests = 0;
  readonly failures = new Float64Array(failureReasons.length);
  mismatches = 0;
  state: UpstreamState = 'unasked';
  /** When it came to be so, monotonic milliseconds. */
  since: number;
  /** When something was sent last; at first as if it had been a while ago, so that it is tried soon. */
  lastSent: number;
  /** Milliseconds that answers usually take; undefined as long as that is not known. */
  usual: number | undefined;
  readonly #minute = new Minute();
  #answeredAt: number | undefined;
  /** Of what was sent since its last answer: how much, and when the first of it. */
  #unanswered = 0;
  #unansweredSince: number | undefined;
  /** Of a server that is down: its answers since, and when the first of them came. */
  #back = 0;
  #backSince = Number.NEGATIVE_INFINITY;
  /** The last questions, by turns: whether they came to nothing, and when. */
  readonly #isBad = new Uint8Array(LAST);
  readonly #endedAt = new Float64Array(LAST).fill(Number.NEGATIVE_INFINITY);
  #next = 0;
  /** When it was last seen to fail. */
  #failedAt = Number.NEGATIVE_INFINITY;
  #learntAt: number;

  /** @param triedAt when it counts as sent to before anything was, monotonic milliseconds */
  constructor(endpoint: string, transport: Transport, now: number, triedAt: number) {
    this.endpoint = endpoint;
    this.transport = transport;
    this.since = this.#learntAt = now;
    this.lastSent = triedAt;
  }

  /** A question or a probe goes to it. */
  sent(now: number): void {
    this.requests++;
    this.lastSent = now;
    this.#minute.sent(now);
    this.#unanswered++;
    this.#unansweredSince ??= now;
  }

  /** This machine did not let it be sent: that says nothing of the server. */
  withheld(): void {
    this.#unanswered = Math.max(0, this.#unanswered - 1);
    if (this.#unanswered === 0) this.#unansweredSince = undefined;
  }

  /** A response came after so many milliseconds, whatever it said. @param isLate it had been given up as lost */
  answered(now: number, ms: number, isLate = false): void {
    this.#minute.answered(now, ms, isLate);
    this.#answeredAt = now;
    this.#unanswered = 0;
    this.#unansweredSince = undefined;
    if (this.state !== 'down') return;
    if (this.#back++ === 0) this.#backSince = now;
  }

  /** A question has its answer from it. */
  served(now: number): void {
    this.#ended(now, 0);
  }

  /** A question, or a probe, came to nothing. @param started when a question was sent; left out of a probe */
  failed(now: number, reason: FailureReason, started?: number): void {
    this.failures[failureReasons.indexOf(reason)]! += 1;
    this.#minute.failed(now, reason);
    // What was sent while it was down says nothing of how it is now.
    if (started !== undefined && started >= this.#backSince) this.#ended(now, 1);
  }

  /** Finds how it fares; called a few times a second. */
  look(now: number): void {
    this.#learn(now);
    const state = this.#judged(now);
    if (state === this.state) return;
    if (state === 'down') this.#back = 0;
    this.state = state;
    this.since = now;
  }

  /** What most failures of the last minute are. */
  reason(now: number): FailureReason | undefined {
    const [first] = this.#minute.failures(now).toSorted(([, a], [, b]) => b - a);
    return first![1] > 0 ? first![0] : undefined;
  }

  /** What half of its answers took in the last 10 to 20 s, milliseconds. */
  median(now: number): number {
    return this.#minute.recentMedian(now).ms;
  }

  status(now: number): UpstreamStatus {
    const lastMinute = this.#minute.status(now);
    const { endpoint, transport, state } = this;
    return {
      ...{ endpoint, transport, state },
      sinceSeconds: seconds(now - this.since),
      reason: this.reason(now) ?? null,
      healthy: state !== 'down',
      lastAnswerSeconds: this.#answeredAt === undefined ? null : seconds(now - this.#answeredAt),
      lastMinute,
      latencyMs: lastMinute.medianMs,
      requests: this.requests,
      failures: this.failures.reduce((sum, count) => sum + count, 0),
    };
  }

  /** @param isPreferred by which a forward asks it @param wallSeconds now, since 1970 */
  counters(now: number, isPreferred: boolean, wallSeconds: number): ServerCounters {
    const { endpoint, transport, requests, mismatches } = this;
    const failures = Object.fromEntries(failureReasons.map((reason, i) => [reason, this.failures[i]!]));
    return {
      ...{ endpoint, transport, requests, mismatches },
      failures: failures as ServerCounters['failures'],
      state: isPreferred ? this.state : undefined,
      latencyMs: this.#minute.status(now).medianMs ?? undefined,
      lastAnswerAt:
        this.#answeredAt === undefined ? undefined : wallSeconds - seconds(now - this.#answeredAt),
    };
  }

  // -------------------------------------------------------------------------------------------------------------------

  #ended(now: number, isBad: 0 | 1): void {
    this.#isBad[this.#next] = isBad;
    this.#endedAt[this.#next] = now;
    this.#next = (this.#next + 1) % LAST;
  }

  #judged(now: number): UpstreamState {
    if (this.#isSilent(now)) {
      this.#back = 0;
      return 'down';
    }
    if (this.state === 'down') {
      if (this.#back < BACK_ANSWERS || now - this.#backSince < BACK) return 'down';
      this.#endedAt.fill(Number.NEGATIVE_INFINITY); // it begins anew
    }
    if (now - this.lastSent > MINUTE) return 'unasked';
    if (this.#fails(now)) return this.#isLateRather(now) ? 'slow' : 'failing';
    if (this.#isSlow(now)) return 'slow';
    // Before its first answer there is nothing to say.
    return this.#answeredAt === undefined ? 'unasked' : 'up';
  }

  #isSilent(now: number): boolean {
    const since = this.#unansweredSince;
    return since !== undefined && now - since >= SILENT && this.#unanswered >= SILENT_SENDS;
  }

  #fails(now: number): boolean {
    let [all, bad] = [0, 0];
    for (let i = 0; i < LAST; i++) {
      if (now - this.#endedAt[i]! > MINUTE) continue;
      all++;
      bad += this.#isBad[i]!;
    }
    const isOn = this.state === 'failing' || this.state === 'slow';
    const fails = isOn ? bad > all * FAILS_NO_MORE : bad >= FEWEST_FAILURES && bad > all * FAILS;
    if (fails) this.#failedAt = now;
    return fails || (isOn && now - this.#failedAt < CALM);
  }

  /** Most that came to nothing was answered after all. */
  #isLateRather(now: number): boolean {
    const late = this.#minute.lateAnswers(now);
    const failed = this.#minute.failures(now).reduce((sum, [, count]) => sum + count, 0);
    return late * 2 > failed;
  }

  #isSlow(now: number): boolean {
    const { ms, answers } = this.#minute.recentMedian(now);
    const { usual = 0 } = this;
    if (this.state === 'slow') return ms >= SLOW_NO_MORE && ms >= (usual * SLOWER * SLOW_NO_MORE) / SLOW;
    return answers >= FEWEST_ANSWERS && ms >= SLOW && ms >= usual * SLOWER;
  }

  #learn(now: number): void {
    if (now - this.#learntAt < LEARNS) return;
    this.#learntAt = now;
    const { ms, answers } = this.#minute.recentMedian(now);
    if (this.state !== 'up' || answers < FEWEST_ANSWERS) return;
    if (ms > SLOWER * (this.usual ?? ms)) return; // it becomes slow
    this.usual = this.usual === undefined ? ms : this.usual + (ms - this.usual) * LEARNT;
  }
}

function seconds(ms: number): number {
  return Math.max(0, Math.round(ms) / 1000);
}
