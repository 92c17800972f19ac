// incidents — what is wrong for more than a moment, as the log tells it: when it has lasted, when it has become something else, after
// ten minutes and after an hour, and when it is over. Of one subject there is one warning a minute at most.
//
//     begins ── lasts ──► told  ──── 10 min, 60 min ──► reminded          a subject: a server, a zone, this instance
//        │                   │
//        ▼ passes            └── well for CALM ──► told that it is over, and after how long
//      nothing

import { formatDuration } from '../options/duration.ts';
import type { Fields, Log } from './log.ts';

/** What is told; how long it has lasted is said behind it. */
export interface Told {
  readonly message: string;
  readonly fields: Fields;
}

export interface Incident {
  readonly level: 'warn' | 'error';
  /** Another word is another incident of the same subject. */
  readonly kind: string;
  /** Milliseconds for which it lasts before it is told of. */
  readonly lasts: number;
  /** Called when it is told. */
  tell(): Told;
  /** When it is over. */
  over(): Told;
}

/** Milliseconds. */
const CALM = 5000;
const MINUTE = 60_000;
const REMINDERS = [10 * MINUTE, 60 * MINUTE];

interface Known {
  incident: Incident;
  since: number;
  /** Since when it is of this kind. */
  kindSince: number;
  wellSince: number | undefined;
  /** The kind that was told of last in this incident; undefined: none was. */
  toldKind: string | undefined;
  reminders: number;
}

export class Incidents {
  readonly #log: Pick<Log, 'info' | 'warn' | 'error'>;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();
  /** When a subject was told of last. */
  readonly #toldAt = new Map<string, number>();

  /** @param now monotonic milliseconds */
  constructor(log: Pick<Log, 'info' | 'warn' | 'error'>, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  /** Tells what is to be told. @param found all that is wrong now, by its subject: the other subjects are well */
  look(found: ReadonlyMap<string, Incident>): void {
    const now = this.#now();
    for (const [subject, incident] of found) this.#see(subject, incident, now);
    for (const [subject, known] of this.#known) if (!found.has(subject)) this.#seeWell(subject, known, now);
    for (const [subject, at] of this.#toldAt)
      if (now - at > MINUTE && !this.#known.has(subject)) this.#toldAt.delete(subject);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #see(subject: string, incident: Incident, now: number): void {
    let known = this.#known.get(subject);
    if (known === undefined) {
      known = {
        incident,
        since: now,
        kindSince: now,
        wellSince: undefined,
        toldKind: undefined,
        reminders: 0,
      };
      this.#known.set(subject, known);
    }
    if (known.incident.kind !== incident.kind) known.kindSince = now;
    known.incident = incident;
    known.wellSince = undefined;
    if (now - (this.#toldAt.get(subject) ?? Number.NEGATIVE_INFINITY) < MINUTE) return;
    const isNews = known.toldKind !== incident.kind && now - known.kindSince >= incident.lasts;
    const isReminder = now - known.since >= (REMINDERS[known.reminders] ?? Number.POSITIVE_INFINITY);
    if (!isNews && !isReminder) return;
    if (isReminder) known.reminders++;
    known.toldKind = incident.kind;
    this.#toldAt.set(subject, now);
    const { message, fields } = incident.tell();
    this.#log[incident.level](message, { ...fields, for: lengthOf(now - known.since) });
  }

  #seeWell(subject: string, known: Known, now: number): void {
    known.wellSince ??= now;
    if (now - known.wellSince < CALM && known.toldKind !== undefined) return;
    this.#known.delete(subject);
    if (known.toldKind === undefined) return;
    const { message, fields } = known.incident.over();
    this.#log.info(message, { ...fields, after: lengthOf(known.wellSince - known.since) });
  }
}

/** Whole seconds; an hour and more in minutes. */
function lengthOf(ms: number): string {
  const unit = ms >= 60 * MINUTE ? MINUTE : 1000;
  return formatDuration(Math.max(unit, Math.round(ms / unit) * unit));
}
