// diagnose — `twindns diagnose`: looks at the pair, its servers and its node for ten seconds and says what is wrong, worst first, or
// that all is well here.

import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { sinceText } from '../admin/finding.ts';
import { isWell, verdictLine } from '../admin/verdict.ts';
import type { OwnFlags } from '../command-text.ts';
import type { Call } from '../control/call-instance.ts';
import { LONGEST_WINDOW } from '../control/protocol.ts';
import { messageOf, TwindnsError } from '../errors.ts';
import { printable } from '../log/log.ts';
import { version } from '../version.ts';
import type { diagnoseText } from './command-text.ts';
import { type Judged, judge, wellSentence } from './judge.ts';
import type { Samples } from './samples.ts';
import { statusesOf, takeSamples } from './take-samples.ts';

/** What it is done with. */
export interface Surroundings {
  readonly call: Call;
  readonly print: (text: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Whether all is well. @throws TwindnsError USAGE, NO_INSTANCE, FAILED where the file cannot be written */
export async function diagnose(
  given: OwnFlags<typeof diagnoseText>,
  { call, print, now }: Surroundings,
): Promise<boolean> {
  const samples = await takeSamples(call, secondsOf(given.seconds), now);
  const findings = judge(samples);
  const report = reportOf(samples, findings, given.names === true, now());
  if (given.bundle !== undefined) writeBundle(given.bundle, report);
  print(given.json ? `${JSON.stringify(report, null, 2)}\n` : render(samples, findings));
  if (given.bundle !== undefined && !given.json) print(`\nThe report is in ${given.bundle}.\n`);
  return isWell(findings);
}

// ---------------------------------------------------------------------------------------------------------------------

function secondsOf(text = '10'): number {
  const value = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (value > 0 && value <= LONGEST_WINDOW) return value;
  throw new TwindnsError(
    'USAGE',
    `--seconds is ${JSON.stringify(text)}: give a whole number from 1 to ${LONGEST_WINDOW}.`,
  );
}

/** What names were asked, and by which clients, only where that is wanted. */
function reportOf({ twins, top, ...others }: Samples, all: readonly Judged[], names: boolean, now: number) {
  const findings = all.filter((one) => names || !one.names);
  return {
    version,
    at: new Date(now).toISOString(),
    well: isWell(all),
    verdict: verdictLine(statusesOf(others.after), findings),
    findings,
    ...others,
    twins: {
      asked: twins.asked,
      differing: names ? twins.differing : twins.differing.map(({ type, isGrave }) => ({ type, isGrave })),
    },
    top: names ? top : top.map(({ totals }) => ({ totals })),
  };
}

/** @throws TwindnsError FAILED */
function writeBundle(file: string, report: object): void {
  const text = `${JSON.stringify(report, null, 2)}\n`;
  try {
    writeFileSync(file, file.endsWith('.gz') ? gzipSync(text) : text, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    const reason = `the report cannot be written: ${messageOf(cause)}. Name another file with --bundle.`;
    throw new TwindnsError('FAILED', reason, { cause });
  }
}

function render(samples: Samples, findings: readonly Judged[]): string {
  const parts = findings.map(({ gravity, what, where, sinceSeconds, do: todo }) => {
    const since = sinceSeconds === null ? [] : [`since  ${sinceText(sinceSeconds)} ago`];
    return [`${gravity.padEnd(7)}  ${what}`, ...[`where  ${where}`, ...since, `do     ${todo}`].map(indented)]
      .map((line) => `${printable(line)}\n`)
      .join('');
  });
  if (isWell(findings)) parts.unshift(`${printable(wellSentence(samples))}\n`);
  return parts.join('\n');
}

function indented(line: string): string {
  return `         ${line}`;
}
