// report — what fuzzing has come to, as lines for a terminal.

import type { Progress } from './thread.ts';

const columns: readonly { readonly head: string; readonly cell: (row: Progress) => string }[] = [
  { head: 'target', cell: ({ target }) => target },
  { head: 'executions', cell: ({ executions }) => count(executions) },
  { head: 'per second', cell: ({ executions, seconds }) => count(executions / Math.max(seconds, 0.001)) },
  { head: 'branches', cell: ({ branches }) => count(branches) },
  { head: 'features', cell: ({ features }) => count(features) },
  { head: 'new inputs', cell: ({ discovered }) => count(discovered) },
  { head: 'crashes', cell: ({ findings }) => count(findings.length) },
];

/** A row a target; then each crash, with its input in base64. */
export function report(rows: readonly Progress[]): string {
  const cells = [columns.map(({ head }) => head), ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
  const total = rows.reduce((sum, { executions }) => sum + executions, 0);
  const crashes = rows.flatMap(({ target, findings }) =>
    findings.map(({ what, input }) => `${target}: ${what}\n  ${Buffer.from(input).toString('base64')}`),
  );
  return [...cells.map(lineOf), `${count(total)} executions, ${crashes.length} crashes`, ...crashes, ''].join(
    '\n',
  );
}

/** How a target fares. */
export function progressLine(row: Progress): string {
  const { target, seconds, executions, branches, discovered, findings } = row;
  const rate = count(executions / Math.max(seconds, 0.001));
  return (
    `${target.padEnd(16)}${seconds.toFixed(0).padStart(6)} s${count(executions).padStart(14)} executions, ` +
    `${rate} a second, ${branches} branches, ${discovered} new inputs, ${findings.length} crashes`
  );
}

// ---------------------------------------------------------------------------------------------------------------------

function count(number: number): string {
  return Math.round(number).toLocaleString('en-US');
}

function lineOf(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(16) : cell.padStart(14))).join('');
}
