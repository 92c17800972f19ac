// summary — what a run comes to, in one paragraph, and three numbers beside each other: what each subject lost.

import type { Scenario } from './by-scenario.ts';
import { type Markup, markup, type Part } from './markup.ts';
import { count, dateAndTime, delayWithUnit, many } from './numbers.ts';
import { type ChaosRun, type Outcome, subjects } from './outcome.ts';
import { descriptions, lostBy, names, sentTo } from './verdict-mark.ts';

export function summary({ outcomes }: ChaosRun, scenarios: readonly Scenario[]): Markup {
  if (outcomes.length === 0) return markup`<p class="lead">The run has no outcomes.</p>`;
  return markup`<p class="lead">${ours(outcomes)}${theirs(outcomes)} ${judgement(outcomes, scenarios)}${unjudged(outcomes)}</p>
<div class="tiles">${subjects.map((subject) =>
    tile(
      subject,
      judged(outcomes).filter((outcome) => outcome.subject === subject),
    ),
  )}</div>`;
}

export function runFacts(run: ChaosRun): Markup {
  const facts: readonly (readonly [string, Part])[] = [
    ['begun', dateAndTime(run.startedAt)],
    ['twindns', run.twindns],
    ['Node.js', run.node],
    ['kernel', run.kernel],
    ['rate', `${count(run.rate)} queries/s`],
    ['TCP connections', count(run.connections)],
    ['seed', markup`<code>${run.seed}</code>`],
  ];
  return markup`<dl class="run">${facts.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

// ---------------------------------------------------------------------------------------------------------------------

function judged(outcomes: readonly Outcome[]): Outcome[] {
  return outcomes.filter(({ expects }) => expects !== 'shown');
}

function ours(outcomes: readonly Outcome[]): Markup {
  const own = judged(outcomes).filter(({ subject }) => subject === 'twindns');
  if (own.length === 0) return markup`This run is of controls alone.`;
  const lost = sum(own, lostBy);
  const wrong = sum(own, ({ udp, tcp }) => udp.wrong + tcp.wrong);
  const disasters = sum(own, (outcome) => outcome.disasters.length);
  return markup`Through ${many(disasters, 'disaster')} in ${many(own.length, 'scenario')}, twindns lost ${
    lost > 0 ? markup`<strong class="lost">${count(lost)}</strong>` : markup`<strong>none</strong>`
  } of ${many(sum(own, sentTo), 'query', 'queries')}${
    wrong > 0 ? `, answered wrongly ${many(wrong, 'time')}` : ''
  } and took ${delayWithUnit(worstOf(own))} for its slowest answer.`;
}

function theirs(outcomes: readonly Outcome[]): Markup | undefined {
  const controls = judged(outcomes).filter(({ subject }) => subject !== 'twindns');
  if (controls.length === 0) return undefined;
  const lost = sum(controls, lostBy);
  const from = markup` The controls, put through the same kinds of disaster,`;
  const all = count(sum(controls, sentTo));
  return lost > 0
    ? markup`${from} lost <strong class="lost">${count(lost)}</strong> of ${all}: this suite does see a loss where there is one.`
    : markup`${from} lost <strong>none</strong> of ${all}, so this run does not show that the suite can see a loss.`;
}

function judgement(outcomes: readonly Outcome[], scenarios: readonly Scenario[]): Markup {
  const broken = scenarios.filter((scenario) => scenario.outcomes.some(({ held }) => !held));
  const number = outcomes.filter(({ held }) => !held).length;
  if (number === 0)
    return markup`${outcomes.length === 1 ? 'The only outcome is' : `All ${outcomes.length} outcomes are`} as expected.`;
  const links = broken.map(({ id, name }, i) => markup`${i === 0 ? '' : ', '}<a href="#${id}">${name}</a>`);
  return markup`<b>${number} of ${many(outcomes.length, 'outcome')} did not hold</b>: see ${links}.`;
}

function unjudged(outcomes: readonly Outcome[]): string {
  const shown = outcomes.filter(({ expects }) => expects === 'shown');
  if (shown.length === 0) return '';
  return ` ${count(shown.length)} of them ${shown.length === 1 ? 'is' : 'are'} only shown: not judged, and not in these sums.`;
}

function tile(subject: Outcome['subject'], own: readonly Outcome[]): Markup | undefined {
  if (own.length === 0) return undefined;
  const lost = sum(own, lostBy);
  return markup`<div class="tile ${subject}"><h2>${names[subject]}</h2>
<p class="figure${lost > 0 ? ' lost' : ''}">${count(lost)}</p>
<p>lost of ${many(sum(own, sentTo), 'query', 'queries')}, ${many(
    sum(own, ({ disasters }) => disasters.length),
    'disaster',
  )}</p>
<p class="quiet">${descriptions[subject]}</p></div>
`;
}

function sum(outcomes: readonly Outcome[], figure: (outcome: Outcome) => number): number {
  return outcomes.reduce((total, outcome) => total + figure(outcome), 0);
}

function worstOf(outcomes: readonly Outcome[]): number {
  const seen = outcomes.flatMap(({ udp, tcp }) => [udp.worst, tcp.worst]).filter(Number.isFinite);
  return seen.length === 0 ? Number.NaN : Math.max(...seen);
}
