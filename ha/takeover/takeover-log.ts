// takeover-log — what is told in the log of a twin that dies, leaves, is stuck, or is read beside: how often, and nothing of what may
// as well be this instance's own fault. An instance that did not run saw its twin do nothing, and tells of its own stall instead.

import { type Incident, Incidents } from '../../src/log/incidents.ts';
import type { Fields, Log } from '../../src/log/log.ts';
import type { Stalls } from '../../src/loop/stalls.ts';
import type { TakeoverReason } from '../../src/status.ts';
import type { Holdings } from '../peers/holdings.ts';
import type { Peer } from '../peers/peer.ts';
import { ALONE_LASTS, ALONE_LOOK, BESIDE_LONG, DEATHS_KEPT, OWN_STALL, REMINDED, SILENT } from '../timing.ts';
import type { Takeover } from './takeover.ts';

/** Deaths within DEATHS_KEPT from which on something is wrong with it. */
const MANY_DEATHS = 3;
/** Times a minute that it is read beside. */
const OFTEN = 10;

const alone: Incident = {
  level: 'warn',
  kind: 'alone',
  lasts: ALONE_LASTS,
  tell: () => ({
    message:
      'no twin serves beside this instance, and should this one end queries are lost: look why the other one does not start',
    fields: {},
  }),
  over: () => ({ message: 'a twin serves beside this instance again', fields: {} }),
};
const withoutTwin: ReadonlyMap<string, Incident> = new Map([['twin', alone]]);
const withTwin: ReadonlyMap<string, Incident> = new Map();

type Overtaken = Pick<Holdings, 'slot' | 'layout' | 'withheldRecord'>;
type Twin = Pick<Peer, 'pid' | 'serves' | 'isReadBeside' | 'readReason' | 'silentFor'>;

export class TakeoverLog {
  readonly #log: Log;
  readonly #stalls: Pick<Stalls, 'endedAt'>;
  readonly #deaths: number[] = [];
  /** Of a twin that is stuck: how often it was since that was told, and when. */
  #stuck = 0;
  #stuckToldAt = Number.NEGATIVE_INFINITY;
  /** What was not told, because it may be no fault of the twin. */
  #untold: Fields | undefined;
  /** When it began to be read beside, in the last minute. */
  readonly #besides: number[] = [];
  #besideSince: number | undefined;
  #besideToldAt = Number.NEGATIVE_INFINITY;
  readonly #alone: Incidents;
  /** For which no twin served. */
  aloneSeconds = 0;
  #lookedAt: number | undefined;
  #aloneLookedAt = Number.NEGATIVE_INFINITY;

  /** @param now monotonic milliseconds */
  constructor(log: Log, stalls: Pick<Stalls, 'endedAt'>, now: () => number) {
    this.#alone = new Incidents(log, now);
    this.#log = log;
    this.#stalls = stalls;
  }

  /** Its work was taken over. @param pid of the process that is taken over from @param ms how long it took */
  took(
    reason: TakeoverReason,
    holdings: Overtaken,
    pid: number,
    done: Takeover,
    ms: number,
    now: number,
  ): void {
    const fields = {
      ...{ twin: holdings.slot, pid, replayed: done.replayed, connections: done.connections },
      ...(done.torn > 0 ? { torn: done.torn } : {}),
      ...(holdings.withheldRecord === undefined ? {} : { left: 1 }),
      ...(done.suspects > 0 ? { suspects: done.suspects } : {}),
      ms: Math.round(ms * 100) / 100,
    };
    if (holdings.layout === undefined && reason !== 'left')
      // a leaver whose memory is unknown to its twin answers it itself
      this.#log.warn('the arena of the twin has a layout unknown here; what it held is not answered');
    switch (reason) {
      case 'left':
        return this.#log.info('twin left: its queries are answered here', fields);
      case 'died':
        return this.#died(fields, now);
      case 'stuck':
        return this.#wasStuck(fields, now);
    }
  }

  /** Its sockets begin to be read beside it, because it does not read them. */
  beside({ pid }: Pick<Twin, 'pid'>, now: number): void {
    this.#log.debug('the twin does not read its sockets; reading beside it', { pid });
    this.#besides.push(now);
    while (this.#besides[0]! < now - REMINDED) this.#besides.shift();
    if (this.#besides.length <= OFTEN) return;
    this.#warnOfBeside(
      'the twin often does not read its sockets in time, and they are read beside it',
      pid,
      now,
      {
        times: this.#besides.length,
      },
    );
  }

  /** Looks whether that lasts, and whether there is a twin at all; called with each look at it. */
  look(twin: Twin | undefined, now: number): void {
    const isBeside = twin?.isReadBeside === true && twin.readReason === 'stuck';
    const isAlone = twin?.serves === undefined;
    this.#besideSince = isBeside ? (this.#besideSince ?? now) : undefined;
    if (!isBeside) this.#untold = undefined;
    else if (this.#untold !== undefined && twin.silentFor > SILENT)
      this.#tellStuck(this.#untold, now, twin.silentFor);
    else if (twin !== undefined && now - this.#besideSince! >= BESIDE_LONG)
      this.#warnOfBeside(
        'the twin has not read its sockets for long, and they are read beside it',
        twin.pid,
        now,
        {
          seconds: Math.round((now - this.#besideSince!) / 1000),
        },
      );
    if (isAlone) this.aloneSeconds += (now - (this.#lookedAt ?? now)) / 1000;
    this.#lookedAt = now;
    if (now - this.#aloneLookedAt < ALONE_LOOK) return;
    this.#aloneLookedAt = now;
    this.#alone.look(isAlone ? withoutTwin : withTwin);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #died(fields: Fields, now: number): void {
    this.#deaths.push(now);
    while (this.#deaths[0]! < now - DEATHS_KEPT) this.#deaths.shift();
    const deaths = this.#deaths.length;
    if (deaths < MANY_DEATHS) return this.#log.warn('twin died: its queries are answered here', fields);
    const what =
      'twin died again: its queries are answered here. Look at how it ended: its log, kubectl describe pod';
    this.#log.warn(what, { ...fields, deaths, minutes: DEATHS_KEPT / 60_000 });
  }

  #wasStuck(fields: Fields, now: number): void {
    if (now - this.#stuckToldAt < REMINDED) this.#stuck++;
    if (this.#tellStuck(fields, now)) return;
    this.#log.debug('twin stuck, or seen so by an instance that did not run itself', fields);
    this.#untold = fields;
  }

  /** Unless it was told a moment ago, or may be no fault of its: then, if it lasts, later. */
  #tellStuck(fields: Fields, now: number, silence = 0): boolean {
    const isSure = silence > BESIDE_LONG;
    if (now - this.#stuckToldAt < REMINDED || (!isSure && this.#mayBeOurs(now))) return false;
    this.#log.warn('twin stuck: its queries are answered here', {
      ...fields,
      ...(this.#stuck > 0 ? { times: this.#stuck + 1 } : {}),
    });
    this.#stuck = 0;
    this.#stuckToldAt = now;
    this.#untold = undefined;
    return true;
  }

  #warnOfBeside(what: string, pid: number, now: number, fields: Readonly<Record<string, number>>): void {
    if (now - this.#besideToldAt < REMINDED || this.#mayBeOurs(now)) return;
    this.#besideToldAt = now;
    this.#log.warn(what, { pid, ...fields });
  }

  /** Whether we did not run ourselves a moment ago. */
  #mayBeOurs(now: number): boolean {
    return now - this.#stalls.endedAt < OWN_STALL;
  }
}
