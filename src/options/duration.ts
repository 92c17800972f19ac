// duration — reads and writes lengths of time as Go does: `500ms`, `5s`, `1m30s`.

/** Milliseconds, or undefined if the text is no duration; a number without a unit is none, except 0. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)(ms|s|m|h)/g)) {
    total += Number(number) * milliseconds[unit as keyof typeof milliseconds];
  }
  return Number.isFinite(total) ? Math.round(total) : undefined;
}

/** In the largest units that lose nothing: 90000 → `1m30s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  let rest = Math.round(ms);
  let text = '';
  for (const unit of ['h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(rest / milliseconds[unit]);
    rest -= count * milliseconds[unit];
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}

// ---------------------------------------------------------------------------------------------------------------------

const milliseconds = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
