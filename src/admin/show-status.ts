// show-status — `twindns status`: what is wrong first, then both instances side by side, for people or as JSON.

import { messageOf, TwindnsError } from '../errors.ts';
import { printable } from '../log/log.ts';
import type { InstanceStatus } from '../status.ts';
import { type Finding, sinceText } from './finding.ts';
import { type Found, findingsOf } from './findings.ts';
import { custodyHead, custodyRow } from './show-custody.ts';
import { instanceHead, instanceRow, listenHead, listenRow } from './show-instance.ts';
import { nodeHead, nodeRow } from './show-node.ts';
import { upstreamHead, upstreamRows } from './show-upstreams.ts';
import type { StatusSource } from './status-sources.ts';
import { isWell, verdictLine } from './verdict.ts';

/** Instances that were asked, and what is wrong with them. */
export interface Look {
  readonly found: readonly Found[];
  readonly findings: readonly Finding[];
  readonly verdict: string;
  /** No person has to do anything. */
  readonly isWell: boolean;
}

/** Whether all is well. @throws TwindnsError NO_INSTANCE if none of them answers */
export async function showStatus(
  sources: readonly StatusSource[],
  json: boolean,
  print: (text: string) => void,
): Promise<boolean> {
  const look = await lookAt(sources);
  if (json) print(`${JSON.stringify(jsonOf(look), null, 2)}\n`);
  refuseNone(look);
  if (!json) print(render(look));
  return look.isWell;
}

export async function lookAt(sources: readonly StatusSource[]): Promise<Look> {
  const found = await Promise.all(sources.map(findInstance));
  const findings = findingsOf(found);
  return { found, findings, verdict: verdictLine(runningOf(found), findings), isWell: isWell(findings) };
}

/** Its fields are on the page of the folder. */
export function jsonOf({ found, findings, verdict, isWell: well }: Look) {
  return { well, verdict, findings, instances: found };
}

/** @throws TwindnsError NO_INSTANCE if none of them has answered */
export function refuseNone({ found }: Look): void {
  if (found.some(({ status }) => status !== undefined)) return;
  const tried = found.map(({ admin, error }) => `${admin}: ${error}`).join('; ');
  throw new TwindnsError(
    'NO_INSTANCE',
    `no running instance answered (${tried}). Start one with \`twindns run\`, or say where with --admin ADDR:PORT.`,
  );
}

export function runningOf(found: readonly Found[]): readonly InstanceStatus[] {
  return found.flatMap(({ status }) => (status === undefined ? [] : [status]));
}

/** The verdict, what is wrong, and the tables. */
export function render({ found, findings, verdict }: Look): string {
  const running = runningOf(found);
  return [
    `${printable(verdict)}\n`,
    findings.map(findingText).join(''),
    table(instanceHead, running.map(instanceRow)),
    table(custodyHead, running.map(custodyRow)),
    table(listenHead, running.map(listenRow)),
    table(upstreamHead, running.flatMap(upstreamRows)),
    table(nodeHead, running.flatMap(nodeRow)),
    [...new Set(running.flatMap(warningsOf))].map((line) => `${printable(line)}\n`).join(''),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

// ---------------------------------------------------------------------------------------------------------------------

async function findInstance({ where: admin, ask }: StatusSource): Promise<Found> {
  try {
    return { admin, status: await ask() };
  } catch (error) {
    return { admin, error: messageOf(error) };
  }
}

function findingText({ gravity, what, sinceSeconds, do: todo }: Finding): string {
  const since = sinceSeconds === null ? '' : `, for ${sinceText(sinceSeconds)}`;
  return `${gravity.padEnd(7)}  ${printable(`${what}${since}`)}\n         ${printable(todo)}\n`;
}

/** Those of the instance that keeps the interface and the rules. */
function warningsOf({ node }: InstanceStatus): string[] {
  return node === null
    ? []
    : Object.values(node.warnings)
        .flat()
        .map((warning) => `Warning: ${warning}`);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => printable(cell).padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return [head, ...rows].map((cells) => `${line(cells)}\n`).join('');
}
