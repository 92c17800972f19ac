// parse — reads a template of Go's text/template, those parts of it that make one line of text: no templates within templates.
//
//   {{ pipe }}   {{ $x := pipe }}   {{ if pipe }} … {{ else if pipe }} … {{ else }} … {{ end }}
//   {{ with pipe }} … {{ end }}     {{ range pipe }} … {{ break }} … {{ continue }} … {{ else }} … {{ end }}

import { type Node, type Operand, type Pipe, TemplateSyntaxError } from './tree.ts';
import { type Piece, piecesOf, type Word } from './words.ts';

/** @param functions names of those that may be called @throws TemplateSyntaxError */
export function parseTemplate(template: string, functions: ReadonlySet<string>): readonly Node[] {
  const parser = new Parser(piecesOf(template), functions);
  const nodes = parser.list(0, false);
  if (parser.ending !== undefined) throw new TemplateSyntaxError(`{{${parser.ending}}} ends nothing`);
  return nodes;
}

// ---------------------------------------------------------------------------------------------------------------------

/** Blocks and parentheses within each other. */
const DEEPEST = 50;

const blocks = ['if', 'with', 'range'] as const;
type Block = (typeof blocks)[number];

class Parser {
  readonly #pieces: readonly Piece[];
  readonly #functions: ReadonlySet<string>;
  #at = 0;
  /** Variables that are declared here; `$` is what the template was given. */
  #variables: string[] = ['$'];
  /** The word that ended the last list: end, else, or `else if`; undefined: the end of the template. */
  ending: 'end' | 'else' | undefined = undefined;
  /** Of `else if …` what follows. */
  #chained: readonly Word[] | undefined;

  constructor(pieces: readonly Piece[], functions: ReadonlySet<string>) {
    this.#pieces = pieces;
    this.#functions = functions;
  }

  /** Nodes up to what ends them. */
  list(depth: number, isInRange: boolean): Node[] {
    if (depth > DEEPEST) throw new TemplateSyntaxError('its blocks nest too deeply');
    const nodes: Node[] = [];
    const declared = this.#variables.length;
    while (this.#at < this.#pieces.length) {
      const piece = this.#pieces[this.#at++]!;
      if ('text' in piece) {
        if (piece.text !== '') nodes.push({ kind: 'text', text: piece.text });
        continue;
      }
      const [first, ...rest] = piece.words;
      const word = first?.kind === 'name' ? first.text : '';
      if (word === 'end' || word === 'else') {
        if (word === 'end' && rest.length > 0) throw unexpected(rest[0]!);
        this.#chained = rest.length > 0 ? rest : undefined;
        this.ending = word;
        this.#variables.length = declared;
        return nodes;
      }
      nodes.push(this.#node(piece.words, word, depth, isInRange));
    }
    this.#variables.length = declared;
    this.ending = undefined;
    return nodes;
  }

  #node(words: readonly Word[], word: string, depth: number, isInRange: boolean): Node {
    if (word === 'break' || word === 'continue') {
      if (words.length > 1) throw unexpected(words[1]!);
      if (!isInRange) throw new TemplateSyntaxError(`{{${word}}} is outside of a range`);
      return { kind: word };
    }
    if (['define', 'template', 'block'].includes(word))
      throw new TemplateSyntaxError(`{{${word}}} is not taken: a record is one template`);
    const block = blocks.find((kind) => kind === word);
    if (block !== undefined) return this.#block(block, words.slice(1), depth, isInRange);
    return { kind: 'print', pipe: this.#whole(words) };
  }

  #block(kind: Block, words: readonly Word[], depth: number, isInRange: boolean): Node {
    const declared = this.#variables.length;
    const pipe = this.#whole(words);
    const body = this.list(depth + 1, isInRange || kind === 'range');
    const otherwise = this.ending === 'else' ? this.#otherwise(depth, isInRange) : [];
    if (this.ending !== 'end') throw new TemplateSyntaxError(`{{${kind}}} has no {{end}}`);
    this.#variables.length = declared;
    return { kind, pipe, body, otherwise };
  }

  #otherwise(depth: number, isInRange: boolean): Node[] {
    const chained = this.#chained;
    if (chained === undefined) {
      const nodes = this.list(depth + 1, isInRange);
      if (this.ending === 'else') throw new TemplateSyntaxError('{{else}} comes twice');
      return nodes;
    }
    const [first, ...rest] = chained;
    if (first!.text !== 'if' && first!.text !== 'with') throw unexpected(first!);
    // The one {{end}} is that of both.
    return [this.#block(first!.text, rest, depth + 1, isInRange)];
  }

  /** A pipe that is all of `words`. */
  #whole(words: readonly Word[]): Pipe {
    if (words.length === 0) throw new TemplateSyntaxError('a value is missing');
    const { pipe, end } = this.#pipe(words, 0, 0);
    if (end < words.length) throw unexpected(words[end]!);
    return pipe;
  }

  #pipe(words: readonly Word[], from: number, depth: number): { pipe: Pipe; end: number } {
    if (depth > DEEPEST) throw new TemplateSyntaxError('its parentheses nest too deeply');
    let at = from;
    const variables: string[] = [];
    const equals = words.findIndex(
      ({ kind, text }, i) => i >= from && kind === 'sign' && (text === ':=' || text === '='),
    );
    if (
      equals > from &&
      words
        .slice(from, equals)
        .every(({ kind, text }, i) => (i % 2 === 0 ? kind === 'variable' : text === ','))
    ) {
      for (let i = from; i < equals; i += 2) variables.push(words[i]!.text);
      if (variables.length > 2) throw unexpected(words[from + 4]!);
      at = equals + 1;
    }
    const assigns = variables.length > 0 && words[equals]!.text === '=';
    const commands: Operand[][] = [[]];
    for (; at < words.length; ) {
      const word = words[at]!;
      if (word.text === ')' && word.kind === 'sign') break;
      if (word.text === '|' && word.kind === 'sign') {
        if (commands.at(-1)!.length === 0) throw unexpected(word);
        commands.push([]);
        at++;
        continue;
      }
      if (word.isGlued && commands.at(-1)!.length > 0) throw unexpected(word);
      const read = this.#operand(words, at, depth);
      commands.at(-1)!.push(read.operand);
      at = read.end;
    }
    if (commands.at(-1)!.length === 0) throw new TemplateSyntaxError('a value is missing');
    if (assigns) for (const name of variables) this.#known(name);
    else this.#variables.push(...variables);
    return { pipe: { variables, assigns, commands }, end: at };
  }

  #operand(words: readonly Word[], from: number, depth: number): { operand: Operand; end: number } {
    const word = words[from]!;
    let end = from + 1;
    const fields: string[] = [];
    let value: Operand['value'];
    switch (word.kind) {
      case 'dot':
        value = { kind: 'dot' };
        break;
      case 'field':
        value = { kind: 'dot' };
        fields.push(word.text);
        break;
      case 'variable':
        this.#known(word.text);
        value = { kind: 'variable', name: word.text };
        break;
      case 'string':
        value = { kind: 'constant', constant: word.text };
        break;
      case 'number':
        value = { kind: 'constant', constant: numberOf(word) };
        break;
      case 'name':
        value = this.#named(word.text);
        break;
      default: {
        if (word.text !== '(') throw unexpected(word);
        const inner = this.#pipe(words, end, depth + 1);
        if (words[inner.end]?.text !== ')') throw new TemplateSyntaxError('a parenthesis is not closed');
        value = { kind: 'pipe', pipe: inner.pipe };
        end = inner.end + 1;
      }
    }
    for (; words[end]?.kind === 'field' && words[end]!.isGlued; end++) fields.push(words[end]!.text);
    if (fields.length > 0 && (value.kind === 'constant' || value.kind === 'function'))
      throw unexpected(words[end - 1]!);
    return { operand: { value, fields }, end };
  }

  #named(name: string): Operand['value'] {
    if (name === 'true' || name === 'false') return { kind: 'constant', constant: name === 'true' };
    if (name === 'nil') return { kind: 'constant', constant: undefined };
    if (!this.#functions.has(name)) throw new TemplateSyntaxError(`there is no function "${name}"`);
    return { kind: 'function', name };
  }

  #known(name: string): void {
    if (!this.#variables.includes(name)) throw new TemplateSyntaxError(`there is no variable "${name}"`);
  }
}

function numberOf({ text }: Word): bigint | number {
  const digits = text.replaceAll('_', '').replace(/^\+/, '');
  if (/^-?\d+$/.test(digits) || /^0[xXbBoO]/.test(digits)) return BigInt(digits);
  return Number(digits);
}

function unexpected({ text }: Word): TemplateSyntaxError {
  return new TemplateSyntaxError(`"${text}" is not expected there`);
}
