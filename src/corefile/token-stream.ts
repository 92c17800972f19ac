// token-stream — the words of a Corefile one after the other, with those of what is imported in the place of the import.

import type { Token } from './lexer.ts';

interface Source {
  readonly tokens: readonly Token[];
  /** Imports it lies in. */
  readonly depth: number;
  next: number;
}

export class TokenStream {
  readonly #most: number;
  readonly #sources: Source[] = [];
  #taken = 0;

  /** @param most words that are given; then the stream ends */
  constructor(tokens: readonly Token[], most: number) {
    this.#most = most;
    this.put(tokens, 0);
  }

  /** They come next. @param depth imports they lie in */
  put(tokens: readonly Token[], depth: number): void {
    this.#sources.push({ tokens, depth, next: 0 });
  }

  peek(): Token | undefined {
    if (this.isCut) return undefined;
    const source = this.#current();
    return source?.tokens[source.next];
  }

  /** Imports that what comes next lies in. */
  get depth(): number {
    return this.#current()?.depth ?? 0;
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
