// grammar — the shapes that lines of directives have in common: said once, without words, an option a line.

import type { Directive, Faults, Word } from './directive.ts';
import { quoted } from './fault-list.ts';

/** The first of them; the others are refused. */
export function once(directives: readonly Directive[], faults: Faults): Directive | undefined {
  const [first, ...others] = directives;
  for (const { name } of others)
    faults.refuse(
      name,
      `${name.text} is said in line ${first!.name.line}${first!.name.file === name.file ? '' : ` of ${first!.name.file}`} of this block already: keep one of them.`,
    );
  return first;
}

/** The last of them; that the others do nothing is told. */
export function last(directives: readonly Directive[], faults: Faults): Directive | undefined {
  for (const { name } of directives.slice(0, -1))
    faults.warn(name, `this \`${name.text}\` does nothing: another one follows in the block.`);
  return directives.at(-1);
}

/** Words that are one too many are refused. @param form how the line is written, e.g. `health [HOST:PORT]` */
export function atMost(
  { name, args }: Directive,
  most: number,
  faults: Faults,
  form: string,
): readonly Word[] {
  const extra = args[most];
  if (extra !== undefined)
    faults.refuse(
      extra,
      most === 0
        ? `${name.text} takes nothing: not ${quoted(extra)}.`
        : `${quoted(extra)} is one word too many: \`${form}\`.`,
    );
  return args.slice(0, most);
}

/** No words, and no block. */
export function bare(directive: Directive, faults: Faults): void {
  atMost(directive, 0, faults, directive.name.text);
  noBlock(directive, faults);
}

export function noBlock({ name, body }: Directive, faults: Faults): void {
  if (body !== undefined && body.length > 0)
    faults.refuse(body[0]!.name, `${name.text} takes no options: not ${quoted(body[0]!.name)}.`);
}

/** Reads each line of the block by its name; a line with another name is refused. */
export function eachOption(
  { name, body = [] }: Directive,
  faults: Faults,
  readers: Readonly<Record<string, (option: Directive) => void>>,
): void {
  for (const option of body) {
    const read = Object.hasOwn(readers, option.name.text) ? readers[option.name.text] : undefined;
    if (read === undefined) {
      const known = Object.keys(readers);
      const list = known.length <= 8 ? ` It has ${known.join(', ')}.` : '';
      faults.refuse(option.name, `${name.text} has no option ${quoted(option.name)}.${list}`, known);
      continue;
    }
    noBlock(option, faults);
    read(option);
  }
}
