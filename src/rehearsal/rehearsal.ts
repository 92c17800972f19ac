// rehearsal — what a newcomer does while its twin still serves: it answers questions of its own. Code that V8 has not compiled
// yet is many times slower, and who asks then has to wait; should the twin go at once, all who ask.
//
//   questions ── UDP, TCP ──► a resolver as the one that will serve ── UDP ──► echo
//
// Resolver, cache, counters and upstream are made for it, on loopback, and closed behind it: nobody sees anything of it.

import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from 'node-reuseport';
import { Budget } from '../budget.ts';
import type { Config, Endpoint } from '../config.ts';
import { openSockets } from '../handover/sockets.ts';
import type { Log } from '../log/log.ts';
import { Deadlines } from '../loop/deadlines.ts';
import { EventLoop } from '../loop/event-loop.ts';
import { RD } from '../message/message.ts';
import { nameFromText } from '../message/name.ts';
import { createResolver } from '../resolver.ts';
import { Exchange, type UpstreamQuestion } from '../upstream/exchange.ts';
import { Servers } from '../upstream/servers.ts';
import { Upstream } from '../upstream/upstream.ts';
import { Echo } from './echo.ts';

/** Questions asked at a time, and in all: some 40 ms of work. Four times as many did no more good. */
const AT_ONCE = 16;
export const QUESTIONS = 20 * AT_ONCE;
/** Milliseconds between two times, in which the processor is for those who serve. */
const BREATH = 1;
/** Milliseconds after which it ends, whatever keeps answers away. */
const LIMIT = 300;
const CLIENTS = 8;
/** Of each: a socket costs more than the question. */
const PORTS = 8;
const ADDRESS = '127.0.0.1';
const CACHE_BYTES = 1 << 20;

/** An upstream that is asked while it is open. */
export interface Stand {
  readonly endpoint: Endpoint;
  close(): void;
}

/**
 * Resolves to how many questions were answered, at most QUESTIONS.
 * @param isServed whether somebody still serves who can be relied on: without, it ends at once
 * @throws what the kernel says when it denies a socket
 */
export async function rehearse(
  config: Config,
  isServed: () => boolean,
  openUpstream: (loop: EventLoop) => Stand = (loop) => new Echo(ADDRESS, loop),
): Promise<number> {
  const closing: (() => void | Promise<void>)[] = [];
  try {
    const loop = new EventLoop(() => {}); // what a stranger sends to a port of ours
    closing.push(() => loop.close());
    const upstream = openUpstream(loop);
    closing.push(() => upstream.close());
    const sockets = openSockets([{ address: ADDRESS, port: 0 }]);
    const own = {
      listeners: sockets,
      upstreams: [upstream.endpoint],
      clusterDns: [],
      cacheBytes: CACHE_BYTES,
    };
    const resolver = createResolver({ ...config, ...own, drainTimeout: 0 }, silent);
    closing.push(() => resolver.stop());
    resolver.open(sockets);
    resolver.handover.begin();
    const audience = new Audience({ address: ADDRESS, port: sockets[0]!.port }, loop);
    closing.push(() => audience.close());
    const limit = setTimeout(() => audience.leave(), LIMIT);
    while (audience.asked < QUESTIONS && !audience.left && isServed()) {
      await audience.ask(AT_ONCE);
      await pause(BREATH);
    }
    clearTimeout(limit);
    return audience.answers;
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, line() {} };

/** Those who ask: with the sockets by which upstreams are asked. */
class Audience {
  asked = 0;
  answers = 0;
  left = false;
  readonly #clients: readonly Upstream[];
  readonly #deadlines = new Deadlines(monotonicMs, () => {});
  #open = 0;
  #done: (() => void) | undefined;

  constructor(endpoint: Endpoint, loop: EventLoop) {
    const sockets = new Budget().upstreamSockets;
    const servers = new Servers(monotonicMs);
    const context = {
      ...{ loop, deadlines: this.#deadlines, servers, sockets, now: monotonicMs, log: silent },
      sweepLater() {},
    };
    this.#clients = Array.from(
      { length: CLIENTS },
      () => new Upstream(endpoint, 'udp', context, undefined, PORTS),
    );
  }

  /** Resolves when that many questions have been answered, or everybody has left. */
  ask(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#open = count;
      for (let i = 0; i < count; i++) this.#askOne(this.asked++);
    });
  }

  leave(): void {
    this.left = true;
    this.#done?.();
  }

  close(): void {
    for (const client of this.#clients) client.close();
    this.#deadlines.stop();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #askOne(number: number): void {
    const now = monotonicMs();
    const client = this.#clients[number % CLIENTS]!;
    const transport = number % 5 === 0 ? 'tcp' : 'udp';
    client.ask(new Exchange(this.#question(number), client, transport, false, now), now);
  }

  /** A quarter of them are for names that were not asked for before. */
  #question(number: number): UpstreamQuestion {
    const name = nameFromText(number % 4 === 0 ? `new-${number}.example` : `name-${number % 64}.example`);
    const text = Buffer.from(name).toString('latin1');
    return {
      question: `${text}\0\x01\0\x01`, // A, IN
      key: `${text}\0\x01\0`,
      nameLength: name.length,
      flags: RD,
      dnssecOk: false,
      udpSize: 1232,
      vital: true,
      responded: () => this.#heard(1),
      hinted: () => {},
      failed: () => this.#heard(0),
      heldUp: () => {},
    };
  }

  #heard(answers: number): void {
    this.answers += answers;
    if (--this.#open === 0) this.#done?.();
  }
}
