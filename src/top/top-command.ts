// top-command — `twindns top`: what both instances have seen, as one.

import type { OwnFlags } from '../command-text.ts';
import { callBoth } from '../control/call-both.ts';
import type { Call } from '../control/call-instance.ts';
import { LONGEST_WINDOW, MOST_ROWS } from '../control/protocol.ts';
import { TwindnsError } from '../errors.ts';
import { printable } from '../log/log.ts';
import type { topText } from './command-text.ts';
import {
  ofEach,
  type TopMeasure,
  type TopReport,
  type TopRow,
  type TopSubject,
  topMeasures,
  topSubjects,
} from './top-watcher.ts';

/** Milliseconds for a reply beyond the time it is watched for. */
const PATIENCE = 5000;

/** Whether both instances were asked. @throws TwindnsError USAGE, NO_INSTANCE */
export async function topCommand(
  given: OwnFlags<typeof topText>,
  call: Call,
  print: (text: string) => void,
): Promise<boolean> {
  const seconds = numberOf('--seconds', given.seconds, 10, LONGEST_WINDOW);
  const most = numberOf('--most', given.most, 10, MOST_ROWS);
  const by = measureOf(given.by ?? 'queries');
  const heard = await callBoth(call, 'top', { seconds, most: MOST_ROWS }, seconds * 1000 + PATIENCE);
  const report = together(heard.flatMap((one) => ('reply' in one ? [one.reply] : [])));
  const missing = heard.flatMap((one) => ('error' in one ? [one] : []));
  if (given.json) {
    const rows = Object.fromEntries(
      topSubjects.map((subject) => [subject, rowsOf(report, subject, by).slice(0, most)]),
    );
    print(`${JSON.stringify({ seconds, totals: report.totals, ...rows, missing }, null, 2)}\n`);
    return missing.length === 0;
  }
  print(summary(report, seconds));
  for (const subject of report.totals[by] === 0 ? [] : topSubjects)
    print(`\n${tableOf(subject, rowsOf(report, subject, by).slice(0, most), report, by)}`);
  for (const { slot, error } of missing)
    print(`\nThe ${slot} could not be asked, and is not in this: ${error}.\n`);
  return missing.length === 0;
}

// ---------------------------------------------------------------------------------------------------------------------

interface Row extends Readonly<Record<TopMeasure, number>> {
  readonly what: string;
  /** The number by which they are ordered is too high by this at most. */
  readonly over: number;
}

function numberOf(flag: string, text: string | undefined, otherwise: number, most: number): number {
  if (text === undefined) return otherwise;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (value > 0 && value <= most) return value;
  throw new TwindnsError(
    'USAGE',
    `${flag} is ${JSON.stringify(text)}: give a whole number from 1 to ${most}.`,
  );
}

function measureOf(text: string): TopMeasure {
  const measure = topMeasures.find((one) => one === text.toLowerCase());
  if (measure !== undefined) return measure;
  throw new TwindnsError('USAGE', `--by is ${JSON.stringify(text)}: give queries, misses or servfail.`);
}

function together(reports: readonly TopReport[]): TopReport {
  const sum = (measure: TopMeasure) => reports.reduce((total, { totals }) => total + totals[measure], 0);
  const merged = (subject: TopSubject, measure: TopMeasure): TopRow[] => {
    const found = new Map<string, { count: number; over: number }>();
    for (const { what, count, over } of reports.flatMap(({ rows }) => rows[subject][measure])) {
      const known = found.get(what) ?? { count: 0, over: 0 };
      found.set(what, { count: known.count + count, over: known.over + over });
    }
    return [...found].map(([what, counts]) => ({ what, ...counts })).sort((a, b) => b.count - a.count);
  };
  return {
    totals: ofEach(topMeasures, sum),
    rows: ofEach(topSubjects, (subject) => ofEach(topMeasures, (measure) => merged(subject, measure))),
  };
}

function rowsOf({ rows }: TopReport, subject: TopSubject, by: TopMeasure): Row[] {
  const counted = (what: string, measure: TopMeasure) =>
    rows[subject][measure].find((row) => row.what === what)?.count ?? 0;
  return rows[subject][by].map(({ what, over }) => ({
    ...{ what, over },
    queries: counted(what, 'queries'),
    misses: counted(what, 'misses'),
    servfail: counted(what, 'servfail'),
  }));
}

function summary({ totals }: TopReport, seconds: number): string {
  const { queries, misses, servfail } = totals;
  return `In ${seconds} s: ${queries} queries (${Math.round(queries / seconds)} a second), ${misses} misses, ${servfail} SERVFAIL.\n`;
}

function tableOf(subject: TopSubject, rows: readonly Row[], { totals }: TopReport, by: TopMeasure): string {
  const title = { names: 'NAME', clients: 'CLIENT', zones: 'ZONE' }[subject];
  const head = [title, 'QUERIES', 'MISSES', 'SERVFAIL', `OF ALL ${by.toUpperCase()}`, '±'];
  const lines = rows.map((row) => [
    printable(row.what),
    ...topMeasures.map((measure) => String(row[measure])),
    `${((100 * row[by]) / Math.max(1, totals[by])).toFixed(1)} %`,
    String(row.over),
  ]);
  const widths = head.map((word, i) => Math.max(word.length, ...lines.map((cells) => cells[i]!.length)));
  return [head, ...lines]
    .map(
      (cells) =>
        `${cells
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
