// table — the outcomes for people: a line each, and below it what was measured beside it and, sentence by sentence, what did
// not hold.

import { figureText } from './figure-text.ts';
import type { Outcome } from './outcome.ts';

const columns = [
  'scenario',
  'subject',
  'struck',
  'UDP',
  'never',
  'wrong',
  'TCP',
  'never',
  'wrong',
  'p99.9',
  'worst',
  'drops',
  '',
];

export function table(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(cells);
  const widths = columns.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((text, i) => (i < 2 || i === row.length - 1 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  const lines = [line(columns), '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2))];
  for (const [i, { faults, figures }] of outcomes.entries())
    lines.push(
      line(rows[i]!),
      ...figures.map((figure) => `  · ${figureText(figure)}`),
      ...faults.map((fault) => `  ↳ ${fault}`),
    );
  return lines.join('\n');
}

/** One sentence about all of them. */
export function summary(outcomes: readonly Outcome[]): string {
  const failed = outcomes.filter(({ held }) => !held);
  const queries = outcomes.reduce((sum, { udp, tcp }) => sum + udp.sent + tcp.sent, 0);
  const disasters = outcomes.reduce((sum, outcome) => sum + outcome.disasters.length, 0);
  const counted = `${count(queries)} queries and ${count(disasters)} disasters are accounted for`;
  if (outcomes.length === 0) return 'Nothing was tried to its end.';
  if (failed.length === 0) return `${counted}: everything held.`;
  const names = failed.map(({ scenario, subject }) => `${scenario} (${subject})`);
  return `${counted}: ${failed.length} of ${outcomes.length} did not hold: ${names.join(', ')}.`;
}

// ---------------------------------------------------------------------------------------------------------------------

function cells(outcome: Outcome): string[] {
  const { scenario, subject, disasters, udp, tcp, kernelDrops, listenDrops, expects, held } = outcome;
  const p999 = Math.max(udp.p999, tcp.p999);
  const worst = Math.max(udp.worst, tcp.worst);
  const numbers = [disasters.length, udp.sent, udp.never, udp.wrong, tcp.sent, tcp.never, tcp.wrong].map(
    count,
  );
  return [
    ...[scenario, subject, ...numbers, ms(p999), ms(worst), count(kernelDrops + listenDrops)],
    held ? heldAs[expects] : 'DID NOT HOLD',
  ];
}

const heldAs: Readonly<Record<Outcome['expects'], string>> = {
  'no loss': 'held',
  loss: 'loses, as it must',
  'loss over TCP': 'loses over TCP, as it must',
  shown: 'shown, not judged',
};

function count(number: number): string {
  return number.toLocaleString('en');
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
