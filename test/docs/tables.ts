// tables — the tables of pages that are made from tables of the program.

import { exitCodes } from '../../src/errors.ts';
import { type OptionName, runOptions } from '../../src/options/option-table.ts';
import type { OptionRow } from '../../src/options/option-types.ts';
import { flagOf } from '../../src/options/options.ts';

export function optionTable(): string {
  const rows: readonly OptionRow[] = runOptions;
  return table(
    ['flag', 'environment', 'default', ''],
    rows.map((row) => [
      `\`${flagOf(row.name as OptionName).replaceAll('|', '\\|')}\``,
      `\`${row.env}\``,
      row.defaultText ?? row.default,
      row.sentence,
    ]),
  );
}

export function exitCodeTable(): string {
  return table(
    ['exit code', 'meaning'],
    exitCodes.map(([status, meaning]) => [String(status), meaning]),
  );
}

// ---------------------------------------------------------------------------------------------------------------------

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
