// numbers — numbers as people read them: 1,234; 0.21 ms; 1.5 s; 3 disasters. What was not measured is a dash.

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const none = '–';

/** `1,234` */
export function count(value: number): string {
  return Number.isFinite(value) ? whole.format(value) : none;
}

/** `1 disaster`, `412 disasters`, `2 queries` */
export function many(value: number, one: string, more = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : more}`;
}

/** A delay without its unit, to two digits that matter: `0.21`, `3.4`, `41`, `1,250`. */
export function delay(ms: number): string {
  if (!Number.isFinite(ms)) return none;
  if (ms < 0.995) return ms.toFixed(2);
  return ms < 9.95 ? ms.toFixed(1) : count(ms);
}

/** `0.21 ms`, `41 ms`, `1.25 s` */
export function delayWithUnit(ms: number): string {
  if (!Number.isFinite(ms)) return none;
  return ms < 1000 ? `${delay(ms)} ms` : `${Number((ms / 1000).toFixed(2))} s`;
}

/** A moment of a run: `12.41 s` */
export function moment(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

/** How long a run took: `0.6 s`, `59 s`, `2 min 5 s` */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return none;
  if (ms < 10_000) return `${Number((ms / 1000).toFixed(1))} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return [`${Math.floor(seconds / 60)} min`, ...(seconds % 60 === 0 ? [] : [`${seconds % 60} s`])].join(' ');
}

/** `4 May 2026, 12:07 UTC`; what is no date stays as it is. */
export function dateAndTime(text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  const format = { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' } as const;
  return `${date.toLocaleString('en-GB', format).replace(' at ', ', ')} UTC`;
}
