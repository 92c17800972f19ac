// show-look — what was found against what is wanted, for people: a line a thing, the change last in a dry run.

import type { Look, NodePart } from './node-part.ts';
import type { Holding } from './wanted-state.ts';

export interface Seen {
  readonly part: NodePart['name'];
  readonly look: Look;
}

/** ok: wanted and found; missing: wanted only; other: of ours or a predecessor's, left alone. */
export function showLook(holding: Holding, seen: readonly Seen[]): string {
  return seen.map(({ part, look }) => [title(holding, part), ...compare(look), ''].join('\n')).join('\n');
}

/** What would be done, in order. */
export function showChange(seen: readonly Seen[]): string {
  const lines = seen.flatMap(({ part, look }) => look.change.map((line) => `${part}: ${line}`));
  return `${lines.length > 0 ? lines.join('\n') : 'nothing to change'}\n`;
}

// ---------------------------------------------------------------------------------------------------------------------

function title({ interface: { name, type }, rules }: Holding, part: NodePart['name']): string {
  return part === 'interface' ? `interface ${name} (${type})` : `rules (${rules})`;
}

function compare({ wanted, found }: Look): string[] {
  const line = (word: string, what: string) => `  ${word.padEnd(7)}  ${what}`;
  return [
    ...wanted.map((what) => line(found.includes(what) ? 'ok' : 'missing', what)),
    ...found.filter((what) => !wanted.includes(what)).map((what) => line('other', what)),
  ];
}
