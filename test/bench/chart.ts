// chart — the results as one self-contained SVG: a panel a figure, a bar a server, whiskers for the spread.

import type { Figure, ServerId } from './figures.ts';
import type { Row } from './statistics.ts';

const page = { width: 980, margin: 32, gap: 40, head: 84, columns: 2 };
const bar = { height: 16, pitch: 25, label: 70, value: 122 };
const panel = { title: 34, gap: 30 };
/** In light and in dark; `--x` of each is what the marks below are drawn in. */
const colours = {
  light: {
    paper: '#ffffff',
    ink: '#0f172a',
    quiet: '#64748b',
    rule: '#e2e8f0',
    twindns: '#0d7f75',
    floor: '#dbe3ec',
    peer: '#9fb0c5',
    whisker: '#334155',
  },
  dark: {
    paper: '#0f141b',
    ink: '#e6ebf2',
    quiet: '#93a1b5',
    rule: '#263140',
    twindns: '#35b9aa',
    floor: '#3a4656',
    peer: '#5f7390',
    whisker: '#d5deea',
  },
};
const named = (theme: Readonly<Record<string, string>>) =>
  Object.entries(theme)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';');
const style = `:root{${named(colours.light)}}
@media screen and (prefers-color-scheme:dark){:root{${named(colours.dark)}}}
.paper{fill:var(--paper);stroke:var(--rule)}.ink{fill:var(--ink)}.quiet{fill:var(--quiet)}.twindns{fill:var(--twindns)}
.floor{fill:var(--floor)}.peer{fill:var(--peer)}.rule{stroke:var(--rule)}.whisker{stroke:var(--whisker);fill:none}`;
const font = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";

export function chart(
  rows: readonly Row[],
  figures: readonly Figure[],
  servers: readonly ServerId[],
  caption: readonly string[],
): string {
  const width = (page.width - 2 * page.margin - (page.columns - 1) * page.gap) / page.columns;
  const panels = figures.flatMap((figure) => {
    const bars = servers.flatMap((id) => rows.filter((row) => row.figure === figure.id && row.server === id));
    return bars.length > 0 ? [{ figure, bars }] : [];
  });
  const parts: string[] = [];
  let top = page.head;
  for (let i = 0; i < panels.length; i += page.columns) {
    const line = panels.slice(i, i + page.columns);
    line.forEach(({ figure, bars }, column) => {
      const left = page.margin + column * (width + page.gap);
      parts.push(`<g transform="translate(${left} ${top})">${drawPanel(figure, bars, width)}</g>`);
    });
    top += panel.title + Math.max(...line.map(({ bars }) => bars.length)) * bar.pitch + panel.gap;
  }
  const foot = caption.map((text, i) =>
    write(page.margin, top + 6 + i * 18, text, `class="quiet" font-size="12"`),
  );
  const height = top + caption.length * 18 + page.margin / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${page.width} ${height}" width="${page.width}" height="${height}" font-family="${font}" role="img">
<title>twindns beside other DNS caches</title>
<style>${style}</style>
<rect class="paper" width="${page.width}" height="${height}" rx="8"/>
${write(page.margin, 42, 'twindns beside other DNS caches', 'class="ink" font-size="22" font-weight="700"')}
${write(page.margin, 63, 'floor: a bare C program that echoes datagrams. × is the ratio to it in the same round. Each panel has its own scale.', 'class="quiet" font-size="13"')}
${parts.join('\n')}
${foot.join('\n')}
</svg>
`;
}

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function drawPanel(figure: Figure, bars: readonly Row[], width: number): string {
  const room = width - bar.label - bar.value;
  // One wild round must not flatten every bar: whiskers may end at the edge.
  const longest = Math.max(...bars.map(({ median, high }) => Math.min(high, median * 1.3)), Number.MIN_VALUE);
  const scale = (value: number) => round(Math.min(value / longest, 1) * room);
  const rows = bars.map((row, i) => drawBar(figure, row, panel.title + i * bar.pitch, scale, room));
  return [
    write(0, 12, figure.title, 'class="ink" font-size="14" font-weight="600"'),
    write(width, 12, figure.unit, 'class="quiet" font-size="12" text-anchor="end"'),
    `<path d="M0 21H${width}" class="rule"/>`,
    ...rows,
  ].join('');
}

function drawBar(
  figure: Figure,
  row: Row,
  top: number,
  scale: (value: number) => number,
  room: number,
): string {
  const ours = row.server === 'twindns' || row.server === 'pair';
  const fill = ours ? 'twindns' : row.server === 'floor' ? 'floor' : 'peer';
  const weight = ours ? 'font-weight="700"' : '';
  const colour = ours ? 'twindns' : 'ink';
  const middle = top + bar.height / 2;
  const base = middle + 4.5;
  const [low, high] = [bar.label + scale(row.low), bar.label + scale(row.high)];
  const value = row.median.toFixed(figure.decimals);
  const times = row.toFloor === undefined || row.server === 'floor' ? '' : `× ${row.toFloor.toFixed(2)}`;
  const right = bar.label + room;
  return [
    write(bar.label - 10, base, row.server, `class="${colour}" font-size="13" text-anchor="end" ${weight}`),
    `<rect x="${bar.label}" y="${top}" width="${Math.max(1, scale(row.median))}" height="${bar.height}" rx="2" class="${fill}"/>`,
    high - low >= 1
      ? `<path d="M${low} ${middle}H${high}M${low} ${middle - 4}v8M${high} ${middle - 4}v8" class="whisker"/>`
      : '',
    write(right + 54, base, value, `class="${colour}" font-size="13" text-anchor="end" ${weight}`),
    write(right + bar.value, base, times, 'class="quiet" font-size="12" text-anchor="end"'),
  ].join('');
}

function write(x: number, y: number, text: string, attributes: string): string {
  if (text === '') return '';
  return `<text x="${round(x)}" y="${round(y)}" ${attributes.trim()}>${escapeText(text)}</text>`;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function round(length: number): number {
  return Math.round(length * 10) / 10;
}
