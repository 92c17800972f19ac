// scenario-section — one scenario: what it is for, whether it held, and a picture for each subject, side by side.

import type { Scenario } from './by-scenario.ts';
import { chart } from './chart.ts';
import { figureText } from './figure-text.ts';
import { type Frame, frameOf } from './frame.ts';
import { type Markup, markup } from './markup.ts';
import { count, delayWithUnit, duration, many } from './numbers.ts';
import type { Disaster, Outcome } from './outcome.ts';
import { lostBy, names, sentTo, verdictMark, verdictMarkOfAll } from './verdict-mark.ts';

export function scenarioSection({ id, name, purpose, outcomes }: Scenario): Markup {
  const frame = frameOf(outcomes);
  return markup`<section id="${id}" aria-labelledby="${id}-name">
<h2 id="${id}-name">${name} ${verdictMarkOfAll(outcomes)}</h2>
<p class="purpose">${purpose}</p>
${faults(outcomes)}
<div class="subjects">
${outcomes.map((outcome) => figure(outcome, frame))}</div>
</section>
`;
}

// ---------------------------------------------------------------------------------------------------------------------

function faults(outcomes: readonly Outcome[]): Markup | undefined {
  const found = outcomes.flatMap(({ subject, faults }) => faults.map((fault) => ({ subject, fault })));
  if (found.length === 0) return undefined;
  return markup`<ul class="faults">${found.map(
    ({ subject, fault }) => markup`<li><b>${names[subject]}:</b> ${fault}</li>`,
  )}</ul>`;
}

function figure(outcome: Outcome, frame: Frame): Markup {
  return markup`<figure>
<figcaption><h3>${names[outcome.subject]}</h3>${verdictMark(outcome)}<p>${lossSentence(outcome)}</p></figcaption>
${chart(outcome, frame)}
<div class="facts">${facts(outcome).map((fact) => markup`<p>${fact}</p>`)}</div>
</figure>
`;
}

function lossSentence(outcome: Outcome): Markup {
  const lost = lostBy(outcome);
  const sent = many(sentTo(outcome), 'query', 'queries');
  return lost > 0
    ? markup`<strong class="lost">${count(lost)} lost</strong> of ${sent}`
    : markup`<strong>none lost</strong> of ${sent}`;
}

function facts({ disasters, ms, udp, tcp, figures, notes }: Outcome): string[] {
  const slow = [
    ['UDP', udp],
    ['TCP', tcp],
  ] as const;
  return [
    `${many(disasters.length, 'disaster')} in ${duration(ms)}${kinds(disasters)}`,
    ...slow
      .filter(([, { sent }]) => sent > 0)
      .map(
        ([name, { p50, p999, worst }]) =>
          `${name}: p50 ${delayWithUnit(p50)}, p99.9 ${delayWithUnit(p999)}, worst ${delayWithUnit(worst)}`,
      ),
    ...figures.map((figure) => `${figureText(figure)}.`),
    ...notes,
  ];
}

/** `: SIGKILL primary × 210, SIGKILL secondary × 210`, the most frequent first. */
function kinds(disasters: readonly Disaster[]): string {
  const counted = new Map<string, number>();
  for (const { what } of disasters) counted.set(what, (counted.get(what) ?? 0) + 1);
  const sorted = [...counted].sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, 6).map(([what, times]) => (times === 1 ? what : `${what} × ${count(times)}`));
  const rest = sorted.length - shown.length;
  return shown.length === 0
    ? ''
    : `: ${shown.join(', ')}${rest > 0 ? ` and ${many(rest, 'other kind')}` : ''}`;
}
