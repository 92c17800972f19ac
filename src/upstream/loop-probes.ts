// loop-probes — whether what a forward sends out comes back here (`loop` of a Corefile): names that no client asks for are asked
// for, and looked for among the queries that come.
//
//   <random>.<random>.ZONE HINFO ──► a server of the forward ──► … ──► a query for that very name: a loop
//
// The kernel may give that query to the twin, which sends it round once more, and a server may be one of several: so it is asked
// more than once. A question that goes in circles is answered with SERVFAIL when its time is over, so no process has to end for it.

import type { Entry } from '../cache/entry.ts';
import type { Failure } from '../cache/verdict.ts';
import type { Log } from '../log/log.ts';
import type { Pace } from '../loop/sweeper.ts';
import { MAX_NAME, RD } from '../message/message.ts';
import type { Peer } from '../zone/question.ts';
import type { Zone } from '../zone/zone.ts';
import { Asking, type AskingContext, type Inquirer } from './asking.ts';
import { random16 } from './random.ts';

/** What a loop is looked for by; no client asks for it. */
export const TYPE_HINFO = 13;

/** Milliseconds after which it is asked: the instance has begun by then. */
const ASKED_AFTER: readonly number[] = [1000, 2000, 4000, 8000, 16_000];
/** Blocks of which it is found out. */
const MOST = 64;

export class LoopProbes {
  readonly #context: AskingContext;
  readonly #log: Pick<Log, 'error'>;
  /** Since when these zones are served, monotonic milliseconds, and how often it was asked. */
  #since = 0;
  #asked = 0;
  readonly #under = new Set<Asking>();
  /** By the names that were asked for. */
  readonly #sent = new Map<string, Zone>();
  readonly #found = new Set<Zone>();
  #zones: readonly Zone[] = [];

  constructor(context: AskingContext, log: Pick<Log, 'error'>) {
    this.#context = context;
    this.#log = log;
  }

  /** These are served from now on: the first zone of each block that wants to know. */
  watch(all: readonly (Zone | undefined)[]): void {
    const first = new Map<string, Zone>();
    for (const zone of all)
      if (zone?.block.detectsLoops && zone.forwards.length > 0 && !first.has(zone.block.identity))
        first.set(zone.block.identity, zone);
    const zones = [...first.values()].slice(0, MOST);
    const known = new Set(this.#zones.map(({ block }) => block.identity));
    if (zones.length === known.size && zones.every(({ block }) => known.has(block.identity))) return;
    this.stop();
    this.#zones = zones;
    this.#since = this.#context.now();
  }

  /** Returns how soon it is to be called again. */
  sweep(now: number): Pace {
    const due = this.#zones.length === 0 ? undefined : ASKED_AFTER[this.#asked];
    if (due === undefined) return 'seldom';
    if (now - this.#since < due) return 'later';
    this.#asked++;
    for (const zone of this.#zones) if (!this.#found.has(zone)) this.#ask(zone);
    return 'later';
  }

  /** Whether a query was sent out here. @param name folded, in wire form */
  came(name: string, peer: () => Peer): boolean {
    const zone = this.#sent.get(name);
    if (zone === undefined) return false;
    if (!this.#found.has(zone)) this.#tell(zone, peer());
    this.#found.add(zone);
    return true;
  }

  stop(): void {
    for (const asking of this.#under) asking.cancel();
    this.#under.clear();
    this.#sent.clear();
    this.#found.clear();
    this.#zones = [];
    this.#asked = 0;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #ask(zone: Zone): void {
    const name = `${label()}${label()}${zone.suffix}`;
    if (name.length > MAX_NAME) return;
    this.#sent.set(name, zone);
    const asking = new Asking(
      this.#context,
      new Probe(name, zone, () => this.#under.delete(asking)),
      zone,
      'udp',
    );
    this.#under.add(asking);
    asking.depart();
  }

  #tell({ name, block: { place }, forwards }: Zone, { address }: Peer): void {
    const servers = [...new Set(forwards.flatMap(({ upstreams }) => upstreams.map((one) => one.name)))];
    this.#log.error(
      'a loop: what is forwarded comes back here, so names of this zone get no answer but SERVFAIL. Forward it to servers that do not ask this one',
      { zone: name, ...(place && { at: `${place.file}:${place.line}` }), servers, cameFrom: address },
    );
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** Sixteen hexadecimal digits. */
function label(): string {
  const digits = [random16(), random16(), random16(), random16()].map((n) => n.toString(16).padStart(4, '0'));
  return `\x10${digits.join('')}`;
}

/** What comes of the question itself is no matter. */
class Probe implements Inquirer {
  readonly question: string;
  readonly key: string;
  readonly nameLength: number;
  readonly flags = RD;
  readonly dnssecOk = false;
  readonly zone: Inquirer['zone'];
  readonly #over: () => void;

  constructor(name: string, { index, offeredSize }: Zone, over: () => void) {
    this.question = `${name}\0${String.fromCharCode(TYPE_HINFO)}\0\x01`;
    this.key = `${name}\0${String.fromCharCode(TYPE_HINFO)}\0`;
    this.nameLength = name.length;
    const judged = { index, cache: undefined };
    this.zone = { isVital: false, offeredSize, judgedFor: () => judged };
    this.#over = over;
  }

  inHand(): void {}

  asked(_fresh: Entry | undefined, _failure: Failure): void {
    this.#over();
  }
}
