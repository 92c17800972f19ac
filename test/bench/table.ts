// table — the results for people: a row a figure, a column a server, each number with its ratio to the floor.

import type { Figure, ServerId } from './figures.ts';
import type { Row } from './statistics.ts';

export function table(
  rows: readonly Row[],
  figures: readonly Figure[],
  servers: readonly ServerId[],
): string {
  const measured = figures.filter(({ id }) => rows.some((row) => row.figure === id));
  const cells = [
    ['', ...servers],
    ...measured.map((figure) => [
      `${figure.title} (${figure.unit})`,
      ...servers.map((server) => cell(figure, find(rows, figure, server))),
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  const lines = cells.map((line) =>
    line
      .map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  return [lines[0], '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)), ...lines.slice(1)].join(
    '\n',
  );
}

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function find(rows: readonly Row[], figure: Figure, server: ServerId): Row | undefined {
  return rows.find((row) => row.figure === figure.id && row.server === server);
}

/** `4.65 ±0.10 ×1.16`: median, half the distance from lowest to highest round, ratio to the floor. */
function cell(figure: Figure, row: Row | undefined): string {
  if (row === undefined) return '–';
  const spread = ` ±${((row.high - row.low) / 2).toFixed(figure.decimals)}`;
  const toFloor = row.toFloor === undefined || row.server === 'floor' ? '' : ` ×${row.toFloor.toFixed(2)}`;
  return `${row.median.toFixed(figure.decimals)}${spread}${toFloor}`;
}
