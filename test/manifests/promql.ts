// promql — as much of Prometheus's language as rules and dashboards here use: read whole, or refused with what is wrong.

export interface Series {
  readonly name: string;
  /** That matchers name. */
  readonly labels: readonly string[];
  /** Such as 5m; undefined for the value of a moment. */
  readonly range: string | undefined;
}
export interface Grouping {
  readonly labels: readonly string[];
  /** Of which it is made. */
  readonly series: readonly Series[];
}
export interface Read {
  readonly series: readonly Series[];
  readonly groupings: readonly Grouping[];
}

/** @throws with the place where it is no PromQL, or none that is known here */
export function readPromql(text: string): Read {
  return new Reader(text).whole();
}

// ---------------------------------------------------------------------------------------------------------------------

const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*")|(\d+(?:ms|[smhdw])\b)|(\d+(?:\.\d+)?)|([a-zA-Z_]\w*)|(=~|!~|==|!=|<=|>=|[-+*/%^<>=(){}[\],]))/y;
/** From the weakest to the strongest; those of one rank are read from left to right. */
const ranks = [['or'], ['and', 'unless'], ['==', '!=', '<=', '>=', '<', '>'], ['+', '-'], ['*', '/', '%']];
const aggregations = ['sum', 'min', 'max', 'avg', 'count', 'quantile'];
/** How many arguments, and whether the last is of a range. */
const functions: Readonly<Record<string, readonly [count: number, isRanged: boolean]>> = {
  rate: [1, true],
  increase: [1, true],
  changes: [1, true],
  histogram_quantile: [2, false],
  scalar: [1, false],
  vector: [1, false],
};

class Reader {
  readonly #text: string;
  readonly #tokens: { readonly text: string; readonly at: number }[] = [];
  readonly #series: Series[] = [];
  readonly #groupings: Grouping[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text.trimEnd();
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < this.#text.length) {
      const from = TOKEN.lastIndex;
      const found = TOKEN.exec(this.#text);
      if (found === null) throw new Error(`${this.#text.slice(from, from + 20)} is no word of PromQL`);
      this.#tokens.push({ text: found[0].trim(), at: from });
    }
  }

  whole(): Read {
    this.#binary(0);
    if (this.#at < this.#tokens.length) this.#fail('nothing more');
    return { series: this.#series, groupings: this.#groupings };
  }

  get #next(): string {
    return this.#tokens[this.#at]?.text ?? '';
  }

  #fail(wanted: string): never {
    const at = this.#tokens[this.#at]?.at ?? this.#text.length;
    throw new Error(`${wanted} is wanted at "${this.#text.slice(at, at + 30).trim()}" of ${this.#text}`);
  }

  #isNext(text: string): boolean {
    if (this.#next !== text) return false;
    this.#at++;
    return true;
  }

  #take(text: string): void {
    if (!this.#isNext(text)) this.#fail(text);
  }

  #word(wanted: string): string {
    if (!/^[a-zA-Z_]\w*$/.test(this.#next)) this.#fail(wanted);
    return this.#tokens[this.#at++]!.text;
  }

  #binary(rank: number): void {
    const operators = ranks[rank];
    if (operators === undefined) return this.#operand();
    this.#binary(rank + 1);
    while (operators.includes(this.#next)) {
      this.#at++;
      this.#binary(rank + 1);
    }
  }

  #operand(): void {
    if (/^\d+(\.\d+)?$/.test(this.#next)) {
      this.#at++;
      return;
    }
    if (this.#isNext('(')) {
      this.#binary(0);
      this.#take(')');
      return;
    }
    const name = this.#word('an expression');
    if (aggregations.includes(name)) this.#aggregation(name);
    else if (this.#isNext('(')) this.#call(name);
    else this.#selector(name);
  }

  #aggregation(name: string): void {
    const labels = this.#isNext('by') ? this.#list('(', ')') : [];
    const from = this.#series.length;
    this.#take('(');
    if (name === 'quantile') {
      this.#operand();
      this.#take(',');
    }
    this.#binary(0);
    this.#take(')');
    this.#groupings.push({ labels, series: this.#series.slice(from) });
  }

  #call(name: string): void {
    const [count, isRanged] = functions[name] ?? this.#fail(`a function instead of ${name}`);
    const from = this.#series.length;
    for (let i = 0; i < count; i++) {
      if (i > 0) this.#take(',');
      this.#binary(0);
    }
    this.#take(')');
    const last = this.#series.at(-1);
    if (isRanged && (this.#series.length === from || last!.range === undefined))
      this.#fail(`a range for ${name} before what`);
  }

  #selector(name: string): void {
    const labels: string[] = [];
    if (this.#isNext('{')) {
      while (!this.#isNext('}')) {
        if (labels.length > 0) this.#take(',');
        labels.push(this.#word('a label'));
        if (!['=', '!=', '=~', '!~'].includes(this.#next)) this.#fail('a comparison');
        this.#at++;
        if (!this.#next.startsWith('"')) this.#fail('a string');
        this.#at++;
      }
    }
    let range: string | undefined;
    if (this.#isNext('[')) {
      range = this.#next;
      if (!/^\d+[a-z]+$/.test(range)) this.#fail('a duration');
      this.#at++;
      this.#take(']');
    }
    this.#series.push({ name, labels, range });
  }

  #list(open: string, close: string): string[] {
    this.#take(open);
    const words = [this.#word('a label')];
    while (this.#isNext(',')) words.push(this.#word('a label'));
    this.#take(close);
    return words;
  }
}
