// token-stream — the words of a Corefile one after the other, with those of what is imported in the place of the import.

import type { Token } from './lexer.ts';

/** What words come from, and what that is imported by. */
export interface Origin {
  /** A path, or a snippet in its parentheses. */
  readonly name: string;
  readonly importer: Origin | undefined;
}

interface Source {
  readonly tokens: readonly Token[];
  readonly origin: Origin;
  next: number;
}

export class TokenStream {
  readonly #most: number;
  readonly #sources: Source[] = [];
  #taken = 0;

  /** @param most words that are given; then the stream ends */
  constructor(most: number) {
    this.#most = most;
  }

  /** They come next. */
  put(tokens: readonly Token[], origin: Origin): void {
    this.#sources.push({ tokens, origin, next: 0 });
  }

  peek(): Token | undefined {
    if (this.isCut) return undefined;
    const source = this.#current();
    return source?.tokens[source.next];
  }

  /** Of what comes next. */
  get origin(): Origin | undefined {
    return this.#current()?.origin;
  }

  take(): Token | undefined {
    const token = this.peek();
    if (token === undefined) return undefined;
    this.#current()!.next++;
    this.#taken++;
    return token;
  }

  /** Whether more words were asked for than it may give. */
  get isCut(): boolean {
    return this.#taken >= this.#most;
  }

  #current(): Source | undefined {
    for (;;) {
      const source = this.#sources.at(-1);
      if (source === undefined || source.next < source.tokens.length) return source;
      this.#sources.pop();
    }
  }
}
