// bystanders-process — asks cached names, new names and names whose time is over, opens connections and probes, and writes down
// what came of each.

import { createSocket } from 'node:dgram';
import { get } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from 'node-reuseport';
import { podAddress } from '../host/addresses.ts';
import { HEADER, type Kind, kinds, type Question, question } from '../load/catalogue.ts';
import { FaultTally } from '../load/fault-tally.ts';
import { Ledger } from '../load/ledger.ts';
import { framed, readUint16, writeUint16 } from '../load/wire.ts';
import { atRate } from './attacker.ts';
import type { Asked, BystandersPlan, Heard } from './bystanders.ts';

/** Cached names a second, and names whose time is over. */
const HITS = 200;
const STALE = 50;
/** Probes a second of each kind. */
const PROBES = 2;
/** Scrapes a second. */
const SCRAPES = 1;
/** Longest wait for an answer, in milliseconds: clients give up then. */
const PATIENCE = 5000;
/** Milliseconds after which the time of a `brief` name is over. */
const OVER = 2300;
const SOCKETS = 16;
/** Milliseconds between looks at the clock, and from which on it has stood still for us. */
const BEAT = 2;
const STALL = 6;
const SERVFAIL = 2;

class Account {
  readonly #ledger = new Ledger();
  #refused = 0;
  #wrong = 0;

  asked(): number {
    return this.#ledger.sent(monotonicMs());
  }

  answered(query: number, outcome: 'right' | 'refused' | 'wrong'): void {
    if (outcome === 'refused') this.#refused++;
    if (outcome === 'wrong') this.#wrong++;
    this.#ledger.answered(query, monotonicMs(), outcome === 'right');
  }

  /** This process did not run: what came in that time was not late. */
  stalled(from: number, to: number): void {
    this.#ledger.stalled(from, to);
  }

  get open(): number {
    return this.#ledger.open;
  }

  delays(): Float64Array {
    const delays: number[] = [];
    // What never came counts as long as a client waits for it.
    this.#ledger.forEach((_, delay) => {
      delays.push(Number.isNaN(delay) ? PATIENCE : delay);
    });
    return Float64Array.from(delays).sort();
  }

  told(): Asked {
    const delays = this.delays();
    const never = this.#ledger.open;
    return {
      ...{ asked: delays.length, refused: this.#refused, wrong: this.#wrong, never },
      longest: delays.at(-1) ?? 0,
    };
  }
}

interface Accounts {
  readonly hits: Account;
  readonly stale: Account;
  readonly misses: ReadonlyMap<string, Account>;
  readonly connections: Account;
  readonly probes: Account;
  readonly scrapes: Account;
}

const plan = JSON.parse(process.argv[2]!) as BystandersPlan;
const { target, admins, healths, run, misses } = plan;
const tally = new FaultTally();
const probeFaults: string[] = [];
let counting: Accounts = newAccounts();
let asking = false;
let asked = 0;

function newAccounts(): Accounts {
  const ofMisses = new Map(Object.keys(misses).map((domain) => [domain, new Account()]));
  return {
    ...{ hits: new Account(), stale: new Account(), misses: ofMisses },
    ...{ connections: new Account(), probes: new Account(), scrapes: new Account() },
  };
}

// ------------------------------------------------------------------------------------------------------- over UDP

interface Waiting {
  readonly question: Question;
  readonly account: Account;
  readonly query: number;
}

const sockets = await Promise.all(
  Array.from({ length: SOCKETS }, async (_, i) => {
    const socket = createSocket('udp4');
    const waiting = new Map<number, Waiting>();
    socket.on('error', () => {});
    socket.on('message', (reply) => {
      const id = reply.length < HEADER ? -1 : readUint16(reply, 0);
      const asked = waiting.get(id);
      if (asked === undefined) return;
      waiting.delete(id);
      asked.account.answered(asked.query, judge(asked.question, reply, 'udp'));
    });
    await new Promise<void>((resolve) => socket.bind(0, podAddress(2, 1 + (i % 4)), resolve));
    await new Promise<void>((resolve) => socket.connect(target.port, target.address, resolve));
    return { socket, waiting, next: 0 };
  }),
);

function judge(question: Question, reply: Buffer, transport: 'udp' | 'tcp'): 'right' | 'refused' | 'wrong' {
  if ((reply[3]! & 15) === SERVFAIL) return 'refused';
  return tally.isRight(question, reply, reply.length, transport) ? 'right' : 'wrong';
}

function ask(kind: Kind, name: string, account: Account): void {
  const client = sockets[asked++ % SOCKETS]!;
  const id = client.next++ % 65536;
  const asks = question(kind, name, true);
  writeUint16(asks.message, 0, id);
  client.waiting.set(id, { question: asks, account, query: account.asked() });
  client.socket.send(asks.message, () => {});
}

// ------------------------------------------------------------------------------------------------------- over TCP

function askOverTcp(account: Account): void {
  const asks = question('hit', `hit-${asked++ % kinds.hit.names}.chaos.example`, true);
  const query = account.asked();
  let received: Buffer = Buffer.alloc(0);
  let judged = false;
  const localAddress = podAddress(2, 10 + (asked % 40));
  const socket = connect({ host: target.address, port: target.port, localAddress });
  const done = (outcome: 'right' | 'refused' | 'wrong') => {
    if (judged) return;
    judged = true;
    account.answered(query, outcome);
    socket.destroy();
  };
  socket.setTimeout(PATIENCE, () => socket.destroy());
  socket.on('error', () => {});
  socket.on('connect', () => socket.write(framed(asks.message)));
  socket.on('close', () => done('refused'));
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    if (received.length > 2 && received.length >= 2 + readUint16(received, 0))
      done(judge(asks, received.subarray(2), 'tcp'));
  });
}

// ------------------------------------------------------------------------------------------------------- over HTTP

/** Characters of what a probe that failed is told. */
const LONGEST_SAID = 200;

function probe(
  path: string,
  { address, port }: { address: string; port: number },
  account: Account,
  localAddress?: string,
): void {
  const query = account.asked();
  const failed = (why: string) => {
    account.answered(query, 'refused');
    if (probeFaults.length < 5) probeFaults.push(`${path}: ${why}`);
  };
  const options = { host: address, port, path, agent: false, timeout: PATIENCE, localAddress };
  const request = get(options, (response) => {
    let said = '';
    response.on('data', (chunk: Buffer) => {
      if (said.length < LONGEST_SAID) said += chunk.toString();
    });
    response.on('error', () => {});
    if (response.statusCode === 200) account.answered(query, 'right');
    else
      response.on('end', () =>
        failed(`status ${response.statusCode}: ${said.slice(0, LONGEST_SAID).trim()}`),
      );
  });
  request.on('timeout', () => request.destroy(new Error('no answer')));
  request.on('error', ({ message }) => failed(message));
}

// ------------------------------------------------------------------------------------------------------- all of it

function begin(): void {
  atRate(HITS, (due) => {
    for (let i = 0; asking && i < due; i++)
      ask('hit', `hit-${asked % kinds.hit.names}.chaos.example`, counting.hits);
  });
  atRate(STALE, (due) => {
    for (let i = 0; asking && i < due; i++)
      ask('brief', `brief-${asked % kinds.brief.names}.chaos.example`, counting.stale);
  });
  for (const [domain, rate] of Object.entries(misses))
    atRate(rate, (due) => {
      for (let i = 0; asking && i < due; i++)
        ask('miss', `miss-${run}-beside-${asked}.${domain}`, counting.misses.get(domain)!);
    });
  atRate(plan.connections, (due) => {
    for (let i = 0; asking && i < due; i++) askOverTcp(counting.connections);
  });
  atRate(PROBES, (due) => {
    if (!asking || due === 0) return;
    for (const health of healths)
      for (const path of ['/health', '/ready']) probe(path, health, counting.probes);
  });
  atRate(SCRAPES, () => {
    if (asking) for (const admin of admins) probe('/metrics', admin, counting.scrapes, podAddress(2, 60));
  });
}

/** What this process waits for a processor is taken off the delays: it is no fault of the server. */
function feelPulse(): void {
  let pulse = monotonicMs();
  setInterval(() => {
    const now = monotonicMs();
    if (now - pulse > STALL) for (const account of allOf(counting)) account.stalled(pulse + BEAT, now);
    pulse = now;
  }, BEAT);
}

function allOf({ hits, stale, misses: ofDomains, connections, probes, scrapes }: Accounts): Account[] {
  return [hits, stale, ...ofDomains.values(), connections, probes, scrapes];
}

/** Each name that has to be cached is asked often enough that both members have it. */
async function warmUp(): Promise<void> {
  const forgotten = new Account();
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < kinds.hit.names; i++) {
      ask('hit', `hit-${i}.chaos.example`, forgotten);
      if (i < kinds.brief.names)
        for (let j = 0; j < 4; j++) ask('brief', `brief-${i}.chaos.example`, forgotten);
      if (i % 10 === 0) await pause(2);
    }
  }
  await pause(OVER);
}

async function finish(): Promise<Heard> {
  const accounts = counting;
  asking = false;
  const { hits, stale, misses: ofDomains, connections, probes, scrapes } = accounts;
  const all = allOf(accounts);
  const giveUp = monotonicMs() + PATIENCE;
  while (all.some(({ open }) => open > 0) && monotonicMs() < giveUp) await pause(10);
  const delays = hits.delays();
  return {
    p99: delays[Math.floor(delays.length * 0.99)] ?? Number.NaN,
    worst: delays.at(-1) ?? Number.NaN,
    hits: hits.told(),
    stale: stale.told(),
    misses: Object.fromEntries([...ofDomains].map(([domain, account]) => [domain, account.told()])),
    connections: connections.told(),
    probes: probes.told(),
    scrapes: scrapes.told(),
    faults: [...tally.faults, ...probeFaults],
  };
}

process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => {});
process.on('message', async (what) => {
  if (what === 'ready?') {
    await warmUp();
    feelPulse();
    begin();
    process.send!('ready');
  } else if (what === 'begin') {
    counting = newAccounts();
    asking = true;
    process.send!('begun');
  } else process.send!(await finish());
});
