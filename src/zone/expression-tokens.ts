// expression-tokens — the words, texts, numbers and signs of an expression.

export interface Token {
  readonly kind: 'word' | 'text' | 'number' | 'sign';
  /** A text is without its quotes and escapes. */
  readonly text: string;
}

/** Each form, in the order in which they are tried; a text is `'…'`, `"…"` with escapes or `` `…` `` without. */
const forms =
  /\s+|(?<word>[A-Za-z_]\w*)|(?<number>\d+(?:\.\d+)?)|'(?<single>(?:[^'\\]|\\.)*)'|"(?<double>(?:[^"\\]|\\.)*)"|`(?<raw>[^`]*)`|(?<sign>&&|\|\||[=!<>]=|[!<>()[\],])/sy;

/** @throws SyntaxError with a sentence for people */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  forms.lastIndex = 0;
  while (forms.lastIndex < text.length) {
    const at = forms.lastIndex;
    const groups = forms.exec(text)?.groups;
    if (groups === undefined) throw new SyntaxError(problemAt(text, at));
    const { word, number, single, double, raw, sign } = groups;
    const quoted = single ?? double;
    if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
    else if (raw !== undefined) tokens.push({ kind: 'text', text: raw });
    else if (quoted !== undefined) tokens.push({ kind: 'text', text: unescaped(quoted) });
  }
  return tokens;
}

// ---------------------------------------------------------------------------------------------------------------------

function problemAt(text: string, at: number): string {
  const sign = text[at]!;
  if (`'"\``.includes(sign)) return `the text that begins with ${text.slice(at, at + 20)} has no end`;
  if (sign === '=') return 'one "=" is no operator: write "=="';
  return `"${sign}" is no part of the language of views`;
}

const letters: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function unescaped(text: string): string {
  return text.replace(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|(.))/gis, (_, hex, unicode, letter) => {
    if (letter === undefined) return String.fromCharCode(Number.parseInt(hex ?? unicode, 16));
    return letters[letter] ?? letter;
  });
}
