// look-ups — clients that look names up again and again while instances are struck, and what came of it at their own API.

import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../../src/errors.ts';
import type { Chance } from '../load/chance.ts';
import type { Account } from '../load/ledger.ts';
import type { Witness } from '../scenario.ts';
import { type Client, faultOf } from './client.ts';

/** Milliseconds after which a look-up is late: people notice. */
export const LATE = 1000;
/** Milliseconds for which the last look-ups are waited for: glibc gives up after ten seconds. */
const LAST = 12_000;
/** Milliseconds from the end of a look-up of a client to its next. */
const LULL = 10;

const zones = ['chaos.example', 'chaos.cluster.local'] as const;

interface Tally {
  right: number;
  failed: number;
  wrong: number;
  late: number;
  open: number;
}

export class LookUps implements Witness {
  readonly #clients: readonly Client[];
  readonly #tallies = new Map<Client, Tally>();
  readonly #delays: number[] = [];
  readonly #note: (sentence: string) => void;
  readonly #over: Promise<unknown>;
  #running = true;

  /** @param note is told what failed, in a sentence each */
  constructor(clients: readonly Client[], chance: Chance, note: (sentence: string) => void) {
    this.#clients = clients;
    this.#note = note;
    this.#over = Promise.all(clients.map((client, i) => this.#ask(client, chance, i)));
  }

  async finish(): Promise<Account> {
    this.#running = false;
    const late = new AbortController();
    await Promise.race([this.#over, pause(LAST, undefined, { signal: late.signal })]);
    late.abort();
    const sum = (pick: (tally: Tally) => number) =>
      [...this.#tallies.values()].reduce((total, tally) => total + pick(tally), 0);
    for (const [client, tally] of this.#tallies) this.#note(sentenceOf(client.name, tally));
    this.#delays.sort((a, b) => a - b);
    const at = (share: number) => this.#delays[Math.floor((this.#delays.length - 1) * share)] ?? 0;
    return {
      sent: sum(({ right, failed, wrong, open }) => right + failed + wrong + open),
      once: sum(({ right }) => right),
      twice: 0,
      wrong: sum(({ wrong }) => wrong),
      never: sum(({ failed, open }) => failed + open),
      late: sum(({ late: number }) => number),
      p50: at(0.5),
      p999: at(0.999),
      worst: at(1),
    };
  }

  abandon(): void {
    this.#running = false;
    for (const client of this.#clients) client.close();
  }

  // -------------------------------------------------------------------------------------------------------------------

  async #ask(client: Client, chance: Chance, serial: number): Promise<void> {
    const tally: Tally = { right: 0, failed: 0, wrong: 0, late: 0, open: 0 };
    this.#tallies.set(client, tally);
    const { setting } = client;
    const run = chance.below(1e9).toString(36);
    for (let n = 0; this.#running; n++) {
      const label = labelOf(chance, `${run}-${serial}-${n}`, setting.small === true);
      const zone = chance.pick(zones);
      const started = performance.now();
      tally.open = 1;
      const found = await client.lookUp(label, zone).catch((error: unknown) => messageOf(error));
      if (!this.#running && typeof found === 'string' && found.includes('SIGKILL')) return;
      tally.open = 0;
      const took = performance.now() - started;
      this.#delays.push(took);
      if (took > LATE) tally.late++;
      const fault = faultOf(setting, label, zone, found);
      if (fault === undefined) tally.right++;
      else if (typeof found === 'string') tally.failed++;
      else tally.wrong++;
      if (fault !== undefined && tally.failed + tally.wrong <= 3)
        this.#note(`${client.name}: ${label.split('-')[0]} after ${Math.round(took)} ms: ${fault}.`);
      if (!setting.hurried) await pause(LULL);
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function labelOf(chance: Chance, fresh: string, small: boolean): string {
  const share = chance.next();
  if (share < 0.7) return `hit-${chance.below(200)}`;
  if (share < 0.8) return `miss-${fresh}`;
  return share < 0.9 || small ? `none-${chance.below(40)}` : `big-${chance.below(20)}`;
}

function sentenceOf(name: string, { right, failed, wrong, late, open }: Tally): string {
  const asked = right + failed + wrong + open;
  return `${name}: ${asked} look-ups, ${failed + open} failed, ${wrong} wrong, ${late} later than a second.`;
}
