// write-results — the outcomes as files: chaos.json, the report chaos.html, one picture, and the logs of what did not hold.

import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ChaosRun } from './outcome.ts';
import { picture } from './picture.ts';
import { renderReport } from './report.ts';

/**
 * @param json a file for the JSON; for `-` the caller has printed it
 * @param drawn a file for the picture of the one scenario
 */
export function writeResults(
  run: ChaosRun,
  json: string | undefined,
  folder: string | undefined,
  drawn: string | undefined,
): readonly string[] {
  const text = `${JSON.stringify(run, undefined, 1)}\n`;
  const files: (readonly [path: string, text: string])[] = [];
  if (json !== undefined && json !== '-') files.push([json, text]);
  if (folder !== undefined) {
    files.push([join(folder, 'chaos.json'), text], [join(folder, 'chaos.html'), renderReport(run)]);
  }
  if (drawn !== undefined && run.outcomes.length > 0) files.push([drawn, picture(run)]);
  for (const [path, content] of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return files.map(([path]) => path);
}

/** Before what may take hours: whether what comes of it can be written. @throws Error where not */
export function checkPlaces(
  json: string | undefined,
  folder: string | undefined,
  drawn: string | undefined,
): void {
  const files = [json === '-' ? undefined : json, drawn].filter((path) => path !== undefined);
  for (const place of [...files.map((path) => dirname(path)), ...(folder === undefined ? [] : [folder])]) {
    mkdirSync(place, { recursive: true });
    accessSync(place, constants.W_OK);
  }
}

/** Keeps what the members of a subject wrote: the reader of the report has to find out what went wrong. */
export function writeLog(folder: string, scenario: string, subject: string, log: readonly string[]): void {
  if (log.length === 0) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${scenario}-${subject}.log`), log.join(''));
}
