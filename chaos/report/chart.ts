// chart — the picture of one outcome: disasters, queries a second, losses and latency, one above the other over time.

import { type Column, columns } from './columns.ts';
import { type Frame, frameOf, minute, place, rateOf, timeUnit } from './frame.ts';
import { type Markup, markup } from './markup.ts';
import { count, delay, delayWithUnit, duration, many, moment } from './numbers.ts';
import type { Outcome } from './outcome.ts';

/** @param at where it stands in another picture, in the units of that one; without, it is as wide as its place on a page */
export function chart(
  outcome: Outcome,
  frame: Frame = frameOf([outcome]),
  at?: { readonly x: number; readonly y: number },
): Markup {
  const steps = columns(outcome, frame.columnMs);
  const label = `${outcome.scenario}, ${outcome.subject}: queries a second, losses and latency over time`;
  const position =
    at &&
    markup` x="${at.x}" y="${at.y}" width="${place.width}" height="${place.height}" style="width:${place.width}px;height:${place.height}px"`;
  return markup`<svg class="chart ${outcome.subject}"${position} viewBox="0 0 ${place.width} ${place.height}" role="img" aria-label="${label}">
<title>${label}</title>
<desc>${describe(outcome, steps)}</desc>
${disasters(outcome, frame)}
${axes(frame)}
${steps.length === 0 ? markup`<text class="quiet" x="${place.left + 8}" y="${place.rate[0] - 8}">no course was recorded</text>` : course(steps, frame)}
</svg>`;
}

// ---------------------------------------------------------------------------------------------------------------------

function describe(outcome: Outcome, steps: readonly Column[]): string {
  const lost = steps.reduce((sum, step) => sum + step.lost, 0);
  const worst = steps.reduce((high, step) => (step.worst > high ? step.worst : high), Number.NaN);
  const slowest = steps.find((step) => step.worst >= (Number.isNaN(worst) ? 0 : worst));
  return [
    `${many(outcome.disasters.length, 'disaster')} in ${duration(outcome.ms)}.`,
    `${many(
      steps.reduce((sum, { sent }) => sum + sent, 0),
      'query',
      'queries',
    )} sent, ${count(lost)} of them lost.`,
    ...(slowest === undefined
      ? []
      : [`The slowest answer took ${delayWithUnit(slowest.worst)}, about ${moment(slowest.at)} in.`]),
  ].join(' ');
}

function axes({ time, rate, lost, latency, columnMs }: Frame): Markup {
  const { left, right } = place;
  const line = (y: number) => `M${left} ${round(y)}H${right}`;
  const grid = [
    ...rate.ticks.map((value) => line(rate.at(value))),
    line(place.lost[0]),
    ...latency.ticks.map((value) => line(latency.at(value))),
  ];
  const scale = (value: string, y: number) =>
    markup`<text class="quiet end" x="${left - 6}" y="${round(y + 3.5)}">${value}</text>`;
  const title = (text: string, y: number) => markup`<text class="title" x="${left}" y="${y}">${text}</text>`;
  return markup`<path class="grid" d="${grid.join('')}"/>
${title('queries per second', place.rate[1] - 7)}${rate.ticks.map((value) => scale(count(value), rate.at(value)))}
${title(`lost, of those sent in each ${duration(columnMs)}`, place.lost[1] - 6)}${scale('0', place.lost[0])}${
  lost.max > 1 ? scale(count(lost.max), place.lost[1]) : undefined
}
${title('latency, ms', place.latency[1] - 7)}${everyOther(latency.ticks).map((value) => scale(decade(value), latency.at(value)))}
${time.ticks.map((value, i) => {
  const x = round(time.at(value));
  const end = x > right - 14 ? 'end' : 'middle'; // the last one must not stick out
  return markup`<text class="quiet ${i === 0 ? 'start' : end}" x="${x}" y="${place.time}">${timeLabel(value, time.max)}</text>`;
})}`;
}

/** Each disaster is a tick; those that share a pixel or two share the words that come up under the mouse. */
function disasters({ disasters }: Outcome, { time }: Frame): Markup {
  const width = 3;
  const heaps = new Map<number, string[]>();
  for (const { at, what } of disasters) {
    const x = Math.floor(time.at(at) / width) * width;
    heaps.set(x, [...(heaps.get(x) ?? []), `${moment(at)}: ${what}`]);
  }
  const [top, bottom] = place.ticks;
  const ticks = disasters.map(({ at }) => `M${round(time.at(at))} ${top}V${bottom}`).join('');
  const falls = disasters
    .map(({ at }) => `M${round(time.at(at))} ${bottom + 2}V${place.latency[0]}`)
    .join('');
  const pitch = (place.right - place.left) / disasters.length;
  const thickness = Math.min(0.8, Math.max(0.2, pitch * 0.45)).toFixed(2);
  // Lines closer than this would be a grey veil over what they are to explain.
  const lines = pitch < 3 ? undefined : markup`<path class="fall" d="${falls}"/>`;
  return markup`${lines}<path class="tick" stroke-width="${thickness}" d="${ticks}"/>
${[...heaps].map(
  ([x, words]) =>
    markup`<rect class="hit" x="${x}" y="0" width="${width}" height="${place.latency[0]}"><title>${words.join('\n')}</title></rect>`,
)}`;
}

function course(steps: readonly Column[], frame: Frame): Markup {
  const { rate, latency } = frame;
  const from = (step: Column) => round(frame.time.at(step.at));
  const to = (step: Column) => round(frame.time.at(step.at + step.ms));
  const middle = (step: Column) => round(frame.time.at(step.at + step.ms / 2));
  const high = (step: Column, share: number) => round(rate.at(rateOf(step) * share));
  const answered = (step: Column) => high(step, step.sent === 0 ? 0 : step.answered / step.sent);
  const stairs = (y: (step: Column) => number) =>
    steps.map((step, i) => `${i === 0 ? 'M' : 'L'}${from(step)} ${y(step)}H${to(step)}`).join('');
  const dots = steps.filter(({ worst }) => Number.isFinite(worst));
  return markup`<path class="area" d="${stairs(answered)}V${place.rate[0]}H${from(steps[0]!)}Z"/>
<path class="sent" d="${stairs((step) => high(step, 1))}"/><path class="answered" d="${stairs(answered)}"/>
${steps.map((step) => losses(step, frame))}
<path class="worst" d="${dots.map((step) => `M${middle(step)} ${round(latency.at(step.worst))}h0`).join('')}"/>
<path class="p50" d="${runs(steps)
    .flatMap((run) =>
      run.map((step, i) => `${i === 0 ? 'M' : 'L'}${middle(step)} ${round(latency.at(step.p50))}`),
    )
    .join('')}"/>`;
}

/** Red in the queries they are missing from, and again on a scale of their own, where even one can be seen. */
function losses(step: Column, { time, rate, lost }: Frame): Markup | undefined {
  if (!(step.lost > 0)) return undefined;
  const x = time.at(step.at);
  const width = Math.max(2, time.at(step.at + step.ms) - x + 0.3);
  const gap = rate.at(0) - rate.at((step.lost / step.ms) * 1000);
  const bar = Math.max(3, lost.at(0) - lost.at(step.lost));
  const top = rate.at(rateOf(step));
  return markup`<g class="lost"><title>${moment(step.at)}: ${count(step.lost)} of ${count(step.sent)} lost; worst answer ${delay(step.worst)} ms</title>
<rect x="${round(x)}" y="${round(top)}" width="${round(width)}" height="${round(gap)}"/><rect x="${round(x)}" y="${round(place.lost[0] - bar)}" width="${round(width)}" height="${round(bar)}"/></g>`;
}

/** Stretches without a hole: no line is drawn over a time in which nothing was answered. */
function runs(steps: readonly Column[]): Column[][] {
  const found: Column[][] = [];
  let open: Column[] | undefined;
  for (const step of steps) {
    if (!Number.isFinite(step.p50)) {
      open = undefined;
    } else if (open === undefined) {
      open = [step];
      found.push(open);
    } else {
      open.push(step);
    }
  }
  return found;
}

function everyOther(ticks: readonly number[]): readonly number[] {
  return ticks.length <= 5 ? ticks : ticks.filter((_, i) => i % 2 === 0);
}

function timeLabel(ms: number, longest: number): string {
  const unit = timeUnit(longest);
  return `${count(ms / unit)} ${unit === minute ? 'min' : 's'}`;
}

function decade(value: number): string {
  return value < 1 ? String(value) : count(value);
}

function round(length: number): number {
  return Math.round(length * 10) / 10;
}
