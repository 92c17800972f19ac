// import-source — what an `import` means: a snippet, a file, or the files that a pattern matches; and how much may be imported.

import { dirname, isAbsolute, join } from 'node:path';
import { each, type Pieces } from '../pieces.ts';
import type { Word } from './directive.ts';
import { replaceVariables } from './environment.ts';
import { type FaultList, quoted } from './fault-list.ts';
import { lex, type Token } from './lexer.ts';
import type { FileSurroundings } from './surroundings.ts';
import type { Origin } from './token-stream.ts';
import { whyUnreadable } from './unreadable.ts';

/**
 * Words of all files and imports together: a ConfigMap, which has a mebibyte, and some more. 10,000 lines have some 50,000. An
 * instance reads while it serves, and 100,000 words are some 100 MiB for a moment.
 */
export const MOST_WORDS = 100_000;
/** Bytes of all files together, each counted as often as it is imported. */
export const MOST_BYTES = 8 * 1024 * 1024;
/** Snippets and files that are imported, each counted as often. */
export const MOST_IMPORTS = 10_000;
/** Of them files: each is opened while queries wait, and looked at again and again. */
export const MOST_FILES = 1000;
/** Imports within imports. */
export const MOST_DEPTH = 32;

export interface Imported {
  /** A path, or a snippet in its parentheses. */
  readonly name: string;
  readonly tokens: readonly Token[];
}

export class ImportSource {
  readonly #surroundings: FileSurroundings;
  readonly #faults: FaultList;
  readonly #snippets = new Map<string, { readonly at: Token; readonly tokens: readonly Token[] }>();
  #bytesLeft = MOST_BYTES;
  #wordsLeft = MOST_WORDS;
  #imports = 0;
  #files = 0;
  #isSpent = false;

  constructor(surroundings: FileSurroundings, faults: FaultList) {
    this.#surroundings = surroundings;
    this.#faults = faults;
  }

  /** The words of a file. @param asked the word that named it @throws Error when it cannot be read */
  *fileTokens(path: string, asked: Word): Pieces<readonly Token[]> {
    this.#faults.opened(path);
    const text = this.#surroundings.readFile(path, this.#bytesLeft);
    this.#bytesLeft -= text.length;
    const lexed = yield* lex(text, path, this.#wordsLeft, (word) => word);
    this.#wordsLeft -= lexed.tokens.length;
    if (lexed.isCut) this.#refuseMore(asked, `${MOST_WORDS} words in all`);
    if (lexed.unended !== undefined)
      this.#faults.refuse(lexed.unended, 'a quote begins here and does not end. Close it with ".');
    for (const word of lexed.glued)
      this.#faults.warn(
        word,
        `a comment begins in ${quoted(word)} and goes to the end of the line. CoreDNS ends such a comment at the next blank: write a blank before #.`,
      );
    for (const word of lexed.emptyBlocks)
      this.#faults.warn(word, '{} is an empty block. CoreDNS takes it for a word: write { and } apart.');
    const tokens: Token[] = [];
    yield* each(lexed.tokens, (token) => void tokens.push(this.#withVariables(token)));
    return tokens;
  }

  /** @param name in its parentheses */
  define(name: Token, tokens: readonly Token[]): void {
    const text = name.text.slice(1, -1);
    const before = this.#snippets.get(text);
    if (before !== undefined)
      this.#faults.refuse(
        name,
        `the snippet ${text} is defined in line ${before.at.line} of ${before.at.file} already. Give one of them another name.`,
      );
    // The first word of an import begins a line, wherever its snippet has it.
    else
      this.#snippets.set(text, {
        at: name,
        tokens: tokens.map((token, i) => (i === 0 ? { ...token, startsLine: true } : token)),
      });
  }

  /** What comes in the place of an import, a snippet or files; nothing where it is refused. @param origin of the import */
  *find(what: Token, origin: Origin | undefined): Pieces<readonly Imported[]> {
    if (what.text === '') this.#faults.refuse(what, '`import` is given an empty word: a snippet or a file.');
    else if (depthOf(origin) >= MOST_DEPTH) this.#refuseMore(what, `${MOST_DEPTH} within one another`);
    if (what.text === '' || this.#isSpent) return [];
    const snippet = this.#snippets.get(what.text);
    if (snippet !== undefined) {
      const name = `(${what.text})`;
      if (this.#isWithin(what, name, origin) || !this.#count(what)) return [];
      return [{ name, tokens: snippet.tokens }];
    }
    const path = isAbsolute(what.text) ? what.text : join(dirname(what.file), what.text);
    const isPattern = /[*?[\]]/.test(what.text);
    const found: Imported[] = [];
    for (const one of isPattern ? this.#matching(what, path) : [path])
      found.push(...(yield* this.#file(what, one, isPattern, origin)));
    return found;
  }

  // --------------------------------------------------------------------------------------------------------------------

  *#file(
    what: Token,
    path: string,
    isMatch: boolean,
    origin: Origin | undefined,
  ): Pieces<readonly Imported[]> {
    if (this.#isWithin(what, path, origin) || !this.#count(what)) return [];
    if (++this.#files > MOST_FILES) this.#refuseMore(what, `${MOST_FILES} files`);
    if (this.#isSpent) return [];
    try {
      return [{ name: path, tokens: yield* this.fileTokens(path, what) }];
    } catch (cause) {
      const snippets = [...this.#snippets.keys()];
      this.#faults.refuse(
        what,
        isMatch
          ? `\`import\` cannot read ${path}: ${whyUnreadable(cause)}.`
          : `\`import\`: ${quoted(what)} is no snippet that is defined above, and the file ${path} cannot be read: ${whyUnreadable(cause)}.`,
        snippets,
      );
      return [];
    }
  }

  /** By name, as CoreDNS has them; nothing that matches is no fault. */
  #matching(what: Token, path: string): readonly string[] {
    const count = (mark: string) => what.text.split(mark).length - 1;
    if (count('*') > 1 || count('?') > 1 || /[[\]]/.test(what.text)) {
      this.#faults.refuse(
        what,
        `\`import\` takes one * and one ? in a pattern, and no brackets: not ${quoted(what)}.`,
      );
      return [];
    }
    this.#faults.opened(path);
    let paths: readonly string[];
    try {
      paths = this.#paths(path);
    } catch (cause) {
      this.#faults.refuse(what, `\`import\` cannot look for ${path}: ${whyUnreadable(cause)}.`);
      return [];
    }
    if (paths.length === 0) this.#faults.warn(what, `\`import\`: no file matches ${path}.`);
    return paths;
  }

  #paths(pattern: string): readonly string[] {
    const segments = pattern.split('/');
    let found: { readonly path: string; readonly isFile: boolean }[] = [
      { path: segments[0] === '' ? '/' : '.', isFile: false },
    ];
    for (const [i, segment] of segments.entries()) {
      if (segment === '' || segment === '.') continue;
      const isLast = i === segments.length - 1;
      if (!/[*?]/.test(segment))
        found = found.map(({ path }) => ({ path: join(path, segment), isFile: isLast }));
      else {
        const shape = new RegExp(
          `^${segment
            .replaceAll(/[.+^${}()|\\]/g, '\\$&')
            .replace('*', '.*')
            .replace('?', '.')}$`,
          's',
        );
        found = found.flatMap(({ path }) =>
          this.#entries(path)
            .filter(({ name, isFile }) => isFile === isLast && shape.test(name))
            .map(({ name }) => ({ path: join(path, name), isFile: isLast })),
        );
      }
      if (found.length > MOST_IMPORTS) throw new Error(`more than ${MOST_IMPORTS} files match`);
    }
    return found.map(({ path }) => path).sort();
  }

  /** A directory that is not there has nothing in it. */
  #entries(path: string) {
    try {
      return this.#surroundings.listDirectory(path, MOST_IMPORTS);
    } catch (error) {
      if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
        return [];
      throw error;
    }
  }

  /** Whether it is imported by itself, which would never end. */
  #isWithin(what: Token, name: string, origin: Origin | undefined): boolean {
    for (let one = origin; one !== undefined; one = one.importer)
      if (one.name === name) {
        this.#faults.refuse(
          what,
          `${quoted(what)} would be imported by itself: ${name} is what this line is in.`,
        );
        return true;
      }
    return false;
  }

  #count(what: Token): boolean {
    this.#imports++;
    if (this.#imports > MOST_IMPORTS) this.#refuseMore(what, `${MOST_IMPORTS} in all`);
    return !this.#isSpent;
  }

  #refuseMore(what: Word, most: string): void {
    if (!this.#isSpent) this.#faults.refuse(what, `imports come to too much: at most ${most}.`);
    this.#isSpent = true;
  }

  #withVariables(token: Token): Token {
    const text = replaceVariables(token.text, this.#surroundings.env, (name) =>
      this.#faults.warn(token, `the environment variable ${name} is not set: nothing comes in its place.`),
    );
    if (text === token.text) return token;
    this.#bytesLeft -= text.length;
    if (this.#bytesLeft < 0) {
      this.#refuseMore(token, `${MOST_BYTES} bytes in all, with what environment variables hold`);
      return token;
    }
    return { ...token, text };
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** Imports that an import lies in. */
function depthOf(origin: Origin | undefined): number {
  let depth = 0;
  for (let one = origin?.importer; one !== undefined; one = one.importer) depth++;
  return depth;
}
