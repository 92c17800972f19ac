// lexer — a Corefile's text cut into words, by the rules of CoreDNS.
//
//   word   = quoted | plain                      words are parted by white space; a line feed also ends a line
//   quoted = '"' { '\"' | any but '"' } '"'      only as the first character of a word; other backslashes stay
//   plain  = { any but white space and '#' }     '#' begins a comment up to the end of the line, in mid-word, too
//
// A byte order mark is dropped, a carriage return parts nothing. Environment variables are put in afterwards, so what they hold
// stays one word.

import type { Pieces } from '../pieces.ts';
import type { Word } from './directive.ts';

export interface Token extends Word {
  readonly startsLine: boolean;
  /** A brace that stands alone and unquoted opens or closes a block. */
  readonly brace: '{' | '}' | undefined;
}

export interface Lexed {
  readonly tokens: readonly Token[];
  /** A quote that does not end. */
  readonly unended: Token | undefined;
  /** Words with a comment glued to them: CoreDNS takes what is behind the next blank for words again. */
  readonly glued: readonly Token[];
  /** `{}` in one word, which CoreDNS takes for a word like any other. */
  readonly emptyBlocks: readonly Token[];
  /** Whether there were more words than `most`. */
  readonly isCut: boolean;
}

/**
 * @param most words; the rest is not looked at
 * @param replace what becomes of a word's text
 */
export function* lex(
  text: string,
  file: string,
  most: number,
  replace: (text: string) => string,
): Pieces<Lexed> {
  const tokens: Token[] = [];
  const glued: Token[] = [];
  const emptyBlocks: Token[] = [];
  let unended: Token | undefined;
  let line = 1;
  let startsLine = true;
  let at = text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0;

  function push(raw: string, isQuoted: boolean, from: number): Token {
    const token: Token = {
      file,
      line: from,
      text: replace(raw),
      isQuoted,
      startsLine,
      brace: isQuoted ? undefined : braceOf(raw),
    };
    tokens.push(token);
    startsLine = false;
    return token;
  }

  for (let yielded = 0; at < text.length && tokens.length < most; ) {
    if (tokens.length >= yielded + TURN) {
      yielded = tokens.length;
      yield;
    }
    const code = text.charCodeAt(at);
    if (code === LINE_FEED) {
      line++;
      startsLine = true;
      at++;
    } else if (isSpace(code)) at++;
    else if (code === HASH) at = endOfLine(text, at);
    else if (code === QUOTE) {
      const { content, end, lines, isEnded } = quotedAt(text, at);
      const token = push(content, true, line);
      if (!isEnded) unended = token;
      line += lines;
      at = end;
    } else {
      let end = at;
      let hasReturn = false;
      for (; end < text.length; end++) {
        const next = text.charCodeAt(end);
        if (next === CARRIAGE_RETURN) hasReturn = true;
        else if (next === HASH || isSpace(next)) break;
      }
      const word = text.slice(at, end);
      if (word === '{}') {
        emptyBlocks.push(push('{', false, line));
        push('}', false, line);
        at = end;
        continue;
      }
      const token = push(hasReturn ? word.replaceAll('\r', '') : word, false, line);
      at = end;
      if (text.charCodeAt(end) !== HASH) continue;
      glued.push(token);
      at = endOfLine(text, end);
      // To CoreDNS such a comment ends at the next blank, so a brace behind it opens its block.
      if (/\s\{\s*$/.test(text.slice(end, at))) push('{', false, line);
    }
  }
  return { tokens, unended, glued, emptyBlocks, isCut: at < text.length && tokens.length >= most };
}

// ---------------------------------------------------------------------------------------------------------------------

/** Words between two places where it may be interrupted. */
const TURN = 500;

const BYTE_ORDER_MARK = 0xfeff;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const HASH = 0x23;
const BACKSLASH = 0x5c;

/** White space as Unicode has it; a byte order mark is none. */
function isSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  if (code < 0x2000) return code === 0x85 || code === 0xa0 || code === 0x1680;
  return (
    code <= 0x200a ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

function braceOf(raw: string): Token['brace'] {
  return raw === '{' || raw === '}' ? raw : undefined;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

function quotedAt(text: string, start: number) {
  let end = start + 1;
  let lines = 0;
  for (; end < text.length && text.charCodeAt(end) !== QUOTE; end++) {
    const code = text.charCodeAt(end);
    if (code === LINE_FEED) lines++;
    // What is behind a backslash ends nothing, not even behind two of them.
    else if (code === BACKSLASH && end + 1 < text.length && text.charCodeAt(end + 1) !== LINE_FEED) end++;
  }
  const content = text
    .slice(start + 1, end)
    .replaceAll(/\\([\s\S])/g, (pair, of) => (of === '"' ? of : pair));
  return { content, end: Math.min(end + 1, text.length), lines, isEnded: end < text.length };
}
