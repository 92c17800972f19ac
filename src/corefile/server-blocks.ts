// server-blocks — the words of a Corefile as server blocks, with what is imported in its place.
//
//   file    = { import | snippet | block }         a file of a single block may leave its braces out
//   snippet = '(' name ')' '{' … '}'               has to come before it is imported
//   block   = key { [','] key } '{' lines '}'      behind a comma the keys go on in the next line; '{' may be in the next line
//   lines   = { import | directive }               a line each
//   directive = name { word } [ '{' lines '}' ]    '{' on the line of its name
//
// Never throws for what is in a file: what is wrong is told, and reading goes on behind it.

import type { Pieces } from '../pieces.ts';
import type { Directive, Word } from './directive.ts';
import { type FaultList, quoted } from './fault-list.ts';
import { ImportSource, MOST_WORDS } from './import-source.ts';
import type { Token } from './lexer.ts';
import type { FileSurroundings } from './surroundings.ts';
import { TokenStream } from './token-stream.ts';
import { whyUnreadable } from './unreadable.ts';

export interface ServerBlock {
  /** Without commas; none where they are missing. */
  readonly keys: readonly Word[];
  readonly directives: readonly Directive[];
  readonly line: Word;
}

/** Blocks in the order of the file; what is wrong with it is in `faults`. */
export function* readServerBlocks(
  path: string,
  surroundings: FileSurroundings,
  faults: FaultList,
): Pieces<readonly ServerBlock[]> {
  const whole: Word = { file: path, line: 1, text: path, isQuoted: false };
  faults.opened(path);
  const imports = new ImportSource(surroundings, faults);
  try {
    const tokens = yield* imports.fileTokens(path, whole);
    return yield* new BlockReader(path, tokens, imports, faults).read();
  } catch (cause) {
    faults.refuse(whole, `the file cannot be read: ${whyUnreadable(cause)}.`);
    return [];
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** Of one that closes a server block. */
const alone = 'this } has to be on a line of its own.';
/** Blocks within a directive's block; no directive has more than two. */
const MOST_NESTING = 8;

class BlockReader {
  readonly #stream: TokenStream;
  readonly #imports: ImportSource;
  readonly #faults: FaultList;

  constructor(path: string, tokens: readonly Token[], imports: ImportSource, faults: FaultList) {
    this.#stream = new TokenStream(MOST_WORDS);
    this.#stream.put(tokens, { name: path, importer: undefined });
    this.#imports = imports;
    this.#faults = faults;
  }

  *read(): Pieces<readonly ServerBlock[]> {
    const blocks: ServerBlock[] = [];
    let last: Token | undefined;
    for (let token = this.#stream.peek(); token !== undefined; token = this.#stream.peek()) {
      last = token;
      if (token.brace === '}') {
        this.#faults.refuse(token, 'this } closes nothing: one too many, or a { is missing above.');
        this.#stream.take();
      } else if (isImport(token)) yield* this.#import();
      else {
        const block = yield* this.#block(token);
        if (block !== undefined) blocks.push(block);
      }
    }
    if (this.#stream.isCut && last !== undefined)
      this.#faults.refuse(last, `the file comes to more than ${MOST_WORDS} words with what it imports.`);
    return blocks;
  }

  /** A snippet is kept, and is no block. */
  *#block(first: Token): Pieces<ServerBlock | undefined> {
    const keys = this.#keys();
    const [name] = keys;
    const open = this.#stream.peek()?.brace === '{' ? this.#stream.take() : undefined;
    if (keys.length === 1 && name !== undefined && /^\(.+\)$/s.test(name.text) && open !== undefined) {
      this.#imports.define(name, this.#snippet(name));
      return undefined;
    }
    if (name === undefined) this.#faults.refuse(first, 'a server block begins with its zones, then comes {.');
    const glued = keys.at(-1);
    const isGlued =
      open === undefined && glued !== undefined && /[^{]\{$/.test(glued.text) && !glued.isQuoted;
    if (isGlued) {
      this.#faults.refuse(glued, `${quoted(glued)}: a blank is missing before {.`);
      keys.pop();
    }
    const hasBraces = open !== undefined || isGlued;
    const directives = yield* this.#lines(hasBraces ? (open ?? first) : undefined, 0);
    return { keys, directives, line: first };
  }

  #keys(): Token[] {
    const keys: Token[] = [];
    let isOpen = true; // whether the list may go on in the next line
    let comma: Token | undefined;
    for (let token = this.#stream.peek(); token !== undefined; token = this.#stream.peek()) {
      if (token.brace !== undefined || (token.startsLine && !isOpen)) break;
      this.#stream.take();
      comma = token.text.endsWith(',') && !token.isQuoted ? token : undefined;
      isOpen = comma !== undefined;
      const text = isOpen ? token.text.slice(0, -1) : token.text;
      if (text !== '') keys.push(isOpen ? { ...token, text } : token);
    }
    if (comma !== undefined)
      this.#faults.refuse(comma, 'behind a comma comes another zone: take the comma out, or add the zone.');
    return keys;
  }

  /** Its words as they are: what is imported in it is looked for where it is imported itself. */
  #snippet(name: Token): Token[] {
    const tokens: Token[] = [];
    for (let depth = 1; ; ) {
      const token = this.#stream.take();
      if (token === undefined) {
        this.#unclosed(name, `the snippet ${name.text}`);
        return tokens;
      }
      if (token.brace === '{') depth++;
      if (token.brace === '}' && --depth === 0) return tokens;
      tokens.push(token);
    }
  }

  /**
   * Up to the brace that closes them, which is taken.
   *
   * @param open the word to tell of when they are not closed; undefined where they end with the file
   * @param depth blocks of directives they lie in
   */
  *#lines(open: Token | undefined, depth: number): Pieces<Directive[]> {
    const directives: Directive[] = [];
    for (;;) {
      yield;
      const token = this.#stream.peek();
      if (token === undefined) {
        if (open !== undefined) this.#unclosed(open, depth === 0 ? 'this server block' : 'this block');
        return directives;
      }
      if (token.brace === '}') {
        if (open !== undefined) this.#stream.take();
        return directives;
      }
      if (token.brace === '{') {
        this.#faults.refuse(token, '{ has to be on the line of the directive whose block it opens.');
        this.#stream.take();
        yield* this.#nested(token, depth);
      } else if (isImport(token)) yield* this.#import();
      else directives.push(yield* this.#directive(depth));
    }
  }

  *#directive(depth: number): Pieces<Directive> {
    const name = this.#stream.take()!;
    const args: Token[] = [];
    for (;;) {
      const token = this.#stream.peek();
      if (token === undefined || token.startsLine) return { name, args, body: undefined };
      if (token.brace === '}') {
        if (depth === 0) this.#faults.refuse(token, alone);
        else
          this.#faults.warn(
            token,
            `this } closes the block. CoreDNS may take it for a word of ${quoted(name)}: put it on a line of its own.`,
          );
        return { name, args, body: undefined };
      }
      this.#stream.take();
      if (token.brace === '{') return { name, args, body: yield* this.#nested(token, depth) };
      args.push(token);
    }
  }

  *#nested(open: Token, depth: number): Pieces<Directive[]> {
    if (depth >= MOST_NESTING) {
      this.#faults.refuse(open, `blocks within blocks: at most ${MOST_NESTING}.`);
      this.#snippet(open);
      return [];
    }
    const body = yield* this.#lines(open, depth + 1);
    const behind = this.#stream.peek();
    if (depth === 0 && behind?.brace === '}' && !behind.startsLine) this.#faults.refuse(behind, alone);
    if (behind !== undefined && !behind.startsLine && behind.brace !== '}') {
      this.#faults.refuse(behind, `${quoted(behind)} stands behind a }: it has to be on a line of its own.`);
      for (let token: Token | undefined = behind; token !== undefined; token = this.#stream.peek()) {
        if (token.startsLine || token.brace !== undefined) break;
        this.#stream.take();
      }
    }
    return body;
  }

  *#import(): Pieces<void> {
    const word = this.#stream.take()!;
    const { origin } = this.#stream;
    const args: Token[] = [];
    for (let token = this.#stream.peek(); token !== undefined; token = this.#stream.peek()) {
      if (token.startsLine || token.brace === '}') break;
      args.push(this.#stream.take()!);
    }
    const [what] = args;
    if (what === undefined || args.length > 1 || what.brace !== undefined)
      this.#faults.refuse(
        word,
        '`import` takes one word: a snippet, a file, or a pattern such as custom/*.override.',
      );
    else {
      const found = yield* this.#imports.find(what, origin);
      for (const { name, tokens } of found.toReversed()) this.#stream.put(tokens, { name, importer: origin });
    }
  }

  #unclosed(word: Word, what: string): void {
    if (!this.#stream.isCut)
      this.#faults.refuse(word, `${what} is not closed: a } is missing before the file ends.`);
  }
}

function isImport(token: Token): boolean {
  return token.startsLine && !token.isQuoted && token.text === 'import';
}
