// words — the text of a template told apart: what is copied, and the words of each action between {{ and }}.

import { TemplateSyntaxError } from './tree.ts';

export type Piece = { readonly text: string } | { readonly words: readonly Word[] };

export interface Word {
  readonly kind: 'name' | 'field' | 'variable' | 'string' | 'number' | 'dot' | 'sign';
  /** Of a string what it means, of a field and a variable their names alone. */
  readonly text: string;
  /** Nothing is between it and the word before. */
  readonly isGlued: boolean;
}

/** @throws TemplateSyntaxError */
export function piecesOf(template: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let trims = false;
  for (;;) {
    const open = template.indexOf('{{', at);
    const text = template.slice(at, open < 0 ? undefined : open);
    const trimsBefore = open >= 0 && /^-\s/.test(template.slice(open + 2, open + 4));
    const left = trims ? text.trimStart() : text;
    pieces.push({ text: trimsBefore ? left.trimEnd() : left });
    if (open < 0) return pieces;
    const from = open + (trimsBefore ? 3 : 2);
    const comment = /^\s*\/\*[\s\S]*?\*\//.exec(template.slice(from));
    const words: Word[] = [];
    let end = from + (comment?.[0].length ?? 0);
    for (;;) {
      const closing = /^(\s+-)?\s*\}\}/.exec(template.slice(end));
      if (closing !== null) {
        trims = closing[1] !== undefined;
        at = end + closing[0].length;
        break;
      }
      const read = comment === null ? wordAt(template, end) : undefined;
      if (read === undefined) throw new TemplateSyntaxError(problemAt(template, open, end));
      words.push(read.word);
      end = read.end;
    }
    if (comment === null) pieces.push({ words });
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const forms: readonly (readonly [Word['kind'], RegExp])[] = [
  ['field', /^\.([\p{L}_][\p{L}\p{Nd}_]*)/u],
  ['variable', /^(\$[\p{L}\p{Nd}_]*)/u],
  ['name', /^([\p{L}_][\p{L}\p{Nd}_]*)/u],
  [
    'number',
    /^([+-]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+))/,
  ],
  ['string', /^("(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)+')/],
  ['dot', /^(\.)/],
  ['sign', /^(:=|[=|(),])/],
];

function wordAt(template: string, from: number): { word: Word; end: number } | undefined {
  const blanks = /^\s*/.exec(template.slice(from))![0].length;
  const rest = template.slice(from + blanks, from + blanks + LONGEST_WORD);
  for (const [kind, form] of forms) {
    const match = form.exec(rest);
    if (match === null) continue;
    const [whole, text = ''] = match;
    const meant = kind === 'string' ? meaningOf(text) : text;
    if (meant === undefined) return undefined;
    // A character is a number, as in Go.
    const word =
      kind === 'string' && text.startsWith("'")
        ? { kind: 'number' as const, text: String(meant.codePointAt(0)), isGlued: blanks === 0 }
        : { kind, text: meant, isGlued: blanks === 0 };
    return { word, end: from + blanks + whole.length };
  }
  return undefined;
}

const LONGEST_WORD = 20_000;

const escapes: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
  ...{ '\\': '\\', '"': '"', "'": "'" },
};

/** What a quoted string means; undefined when an escape is none. */
function meaningOf(text: string): string | undefined {
  const inside = text.slice(1, -1);
  if (text.startsWith('`')) return inside;
  let isSound = true;
  const form = /\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|[0-3][0-7]{2}|.)/g;
  const meant = inside.replace(form, (_, escaped: string) => {
    if (/^[xu]./.test(escaped)) return String.fromCodePoint(Number.parseInt(escaped.slice(1), 16));
    if (/^[0-7]{3}$/.test(escaped)) return String.fromCodePoint(Number.parseInt(escaped, 8));
    isSound &&= escapes[escaped] !== undefined;
    return escapes[escaped] ?? '';
  });
  const isOne = !text.startsWith("'") || [...meant].length === 1;
  return isSound && isOne ? meant : undefined;
}

function problemAt(template: string, open: number, end: number): string {
  const rest = template.slice(end).trim();
  const action = template.slice(open, open + 30);
  if (rest === '') return `"${action}" is not closed by }}`;
  return `"${rest.slice(0, 20)}" is no word of a template`;
}
