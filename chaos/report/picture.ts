// picture — one scenario as an SVG that stands alone on a page: what became of each subject, side by side on one scale.

import { chart } from './chart.ts';
import { type Frame, frameOf, place } from './frame.ts';
import { legendEntries } from './legend.ts';
import { drawing, palette } from './look.ts';
import { Markup, markup } from './markup.ts';
import { count, delayWithUnit, many } from './numbers.ts';
import type { ChaosRun, Outcome } from './outcome.ts';
import { lostBy, names, sentTo } from './verdict-mark.ts';

/** In units of the drawing, as those of a chart. */
const page = { margin: 22, gap: 34, title: 30, head: 58, caption: 36 };
const entry = { width: 28, pitch: 20 };

/** @param run one of one scenario */
export function picture(run: ChaosRun): string {
  const { outcomes } = run;
  const frame = frameOf(outcomes);
  const inner = outcomes.length * place.width + (outcomes.length - 1) * page.gap;
  const top = page.margin + page.title + page.head;
  const legendTop = top + place.height + 20;
  const columns = Math.max(2, outcomes.length);
  const rows = Math.ceil(legendEntries.length / columns);
  const width = inner + 2 * page.margin;
  const height = legendTop + rows * entry.pitch + page.caption;
  const label = `${outcomes[0]!.scenario}: ${outcomes.map((outcome) => `${names[outcome.subject]}, ${lossOf(outcome)}`).join('; ')}`;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}">
<title>${label}</title>
<style>${new Markup(style)}</style>
<rect class="paper" width="${width}" height="${height}" rx="8"/>
<text class="headline" x="${page.margin}" y="${page.margin + 14}">${outcomes[0]!.purpose}</text>
${outcomes.map((outcome, i) => subject(outcome, frame, page.margin + i * (place.width + page.gap)))}
${legendEntries.map(([mark, words], i) => {
  const x = page.margin + (i % columns) * ((inner + page.gap) / columns);
  const y = legendTop + Math.floor(i / columns) * entry.pitch;
  return markup`<g class="chart twindns" transform="translate(${x} ${y})">${mark}</g><text x="${x + entry.width + 8}" y="${y + 11}">${words.split(';')[0]}</text>
`;
})}<text class="quiet" x="${page.margin}" y="${height - 18}">${conditions(run)}</text>
</svg>
`.toString();
}

// ---------------------------------------------------------------------------------------------------------------------

function subject(outcome: Outcome, frame: Frame, left: number): Markup {
  const top = page.margin + page.title;
  const lost = lostBy(outcome) > 0 ? 'losses' : 'none';
  return markup`<g class="${outcome.subject}"><text class="name" x="${left}" y="${top + 18}">${names[outcome.subject]}</text>
<text class="${lost}" x="${left}" y="${top + 38}">${lossOf(outcome)}<tspan class="quiet"> of ${many(sentTo(outcome), 'query', 'queries')}; ${worstOf(outcome)}</tspan></text></g>
${chart(outcome, frame, { x: left, y: top + page.head })}
`;
}

function lossOf(outcome: Outcome): string {
  const lost = lostBy(outcome);
  return lost > 0 ? `${count(lost)} lost` : 'none lost';
}

function worstOf({ udp, tcp }: Outcome): string {
  const seen = [udp.worst, tcp.worst].filter(Number.isFinite);
  return `the slowest answer took ${delayWithUnit(Math.max(...(seen.length > 0 ? seen : [Number.NaN])))}`;
}

function conditions({ twindns, node, kernel, rate, connections, outcomes }: ChaosRun): string {
  const struck = [...new Set(outcomes.map(({ disasters }) => disasters.length))].join(' and ');
  return `Struck ${struck} times under ${count(rate)} UDP queries a second and ${many(connections, 'TCP connection')}. twindns ${twindns}, Node.js ${node}, kernel ${kernel}.`;
}

const style = `${palette}
svg { font-family: system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; font-variant-numeric: tabular-nums; }
${drawing}
.paper { fill: var(--paper); stroke: var(--rule); }
svg .headline { font-size: 15px; font-weight: 600; }
svg .name { font-size: 14px; font-weight: 600; }
svg .twindns .name { fill: var(--ours); }
svg .none, svg .losses { font-size: 12px; font-weight: 600; }
svg .losses { fill: var(--lost); }
svg tspan.quiet { font-weight: 400; }
`;
