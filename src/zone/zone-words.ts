// zone-words — the words of a zone file's text: names of them alone, quoted strings, numbers of seconds, their escapes.

/** A word of a record's text; in quotes white space and signs mean nothing. */
export interface Token {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** RFC 2181 section 8. */
const MOST_TTL = 0x7fffffff;
/** Characters. */
const LONGEST = 0x10000;

/** Seconds, as a number or with units: 1h30m. Undefined when it is none, or above the longest TTL. */
export function readSeconds(text: string): number | undefined {
  if (!/^(\d+[smhdw]?)+$/i.test(text)) return undefined;
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhdw]?)/gi))
    seconds += Number(count) * unitSeconds[(unit ?? '').toLowerCase() as keyof typeof unitSeconds];
  return seconds <= MOST_TTL ? seconds : undefined;
}

/** Words, quoted strings; comments and parentheses are gone. A sentence when the text cannot be told apart. */
export function tokensOf(text: string): Token[] | string {
  if (text.length > LONGEST) return `it is longer than ${LONGEST} characters`;
  const tokens: Token[] = [];
  let depth = 0;
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    if (char === ';') {
      while (at < text.length && text[at] !== '\n') at++;
    } else if (char === '(' || char === ')') {
      depth += char === '(' ? 1 : -1;
      if (depth < 0) return 'a parenthesis is closed that was not opened';
      at++;
    } else if (char === '\n' && depth === 0 && tokens.length > 0) {
      return text.slice(at).trim() === '' ? tokens : 'it has more than one line';
    } else if (/\s/.test(char)) {
      at++;
    } else if (char === '"') {
      const end = endOfQuoted(text, at + 1);
      if (end < 0) return 'a quote is not closed';
      tokens.push({ text: text.slice(at + 1, end), isQuoted: true });
      at = end + 1;
    } else {
      const from = at;
      while (at < text.length && !/[\s;()"]/.test(text[at]!)) at += text[at] === '\\' ? 2 : 1;
      tokens.push({ text: text.slice(from, at), isQuoted: false });
    }
  }
  return depth > 0 ? 'a parenthesis is not closed' : tokens;
}

/** Bytes of a character string with its escapes (RFC 1035 section 5.1); undefined when an escape is none. */
export function readString(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  let isSound = true;
  const meant = bytes.replace(/\\(\d{3}|\D|)/g, (_, escaped: string) => {
    isSound &&= escaped !== '' && (escaped.length < 3 || Number(escaped) < 256);
    return escaped.length === 3 ? String.fromCharCode(Number(escaped)) : escaped;
  });
  if (!isSound) return undefined;
  return Buffer.from(meant, 'latin1');
}

// ---------------------------------------------------------------------------------------------------------------------

const unitSeconds = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

function endOfQuoted(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '"') return at;
    if (text[at] === '\\') at++;
  }
  return -1;
}
