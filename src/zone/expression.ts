// expression — conditions on a query, as `view` has them: incidr(client_ip(), '10.0.0.0/8') && type() in ['A', 'AAAA'].
//
//   or          = and { ("||" | "or") and }
//   and         = comparison { ("&&" | "and") comparison }
//   comparison  = unary { operator unary }
//   operator    = "==" "!=" "<" "<=" ">" ">=" "contains" "startsWith" "endsWith" "matches" "in", each of the last five after "not", too
//   unary       = { "!" | "not" } value
//   value       = 'text' | "text" | `text` | 12 | true | false | function(…) | [ … ] | ( or )
//
// A part of the language of github.com/expr-lang/expr, of which CoreDNS has all. Types are checked when it is read, so an
// expression that was taken never fails.

import { className, typeName } from '../message/type-names.ts';
import { type Token, tokensOf } from './expression-tokens.ts';
import { addressBytes } from './ip-address.ts';
import { holds, parseNetwork } from './networks.ts';
import type { Question } from './question.ts';
import { compileRegex } from './regex.ts';
import { nameText } from './wire-name.ts';

export type Condition = (question: Question) => boolean;

type Value = string | number | boolean | readonly Value[];
type Type = 'text' | 'number' | 'condition' | 'list';

/** A part of an expression, checked. */
interface Part {
  readonly type: Type;
  /** What it is for every question, if it is the same for all. */
  readonly constant?: Value;
  readonly of: (question: Question) => Value;
}

/** Each level is a call: a hostile expression must not end the process. */
const DEEPEST = 100;
const LONGEST = 10_000;

/** @returns the condition, or a sentence that says what is wrong. The engine of regular expressions has to be loaded. */
export function compileCondition(text: string): Condition | string {
  if (text.length > LONGEST) return `it has ${text.length} characters, and ${LONGEST} may be`;
  try {
    const part = new Parser(tokensOf(text)).whole();
    return (question) => part.of(question) === true;
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Part {
    const part = this.#or();
    if (this.#token !== undefined) return wrong(`"${this.#token.text}" is one thing too many`);
    return need(part, 'condition', 'the expression');
  }

  get #token(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #takes(...texts: readonly string[]): string | undefined {
    const token = this.#token;
    if (token === undefined || token.kind === 'text' || !texts.includes(token.text)) return undefined;
    this.#at++;
    return token.text;
  }

  #expect(text: string): void {
    if (this.#takes(text) === undefined)
      wrong(
        `"${text}" is missing ${this.#token === undefined ? 'at the end' : `before "${this.#token.text}"`}`,
      );
  }

  #or(): Part {
    if (++this.#depth > DEEPEST) return wrong(`more than ${DEEPEST} brackets are one in the other`);
    let left = this.#and();
    for (let word = this.#takes('||', 'or'); word !== undefined; word = this.#takes('||', 'or')) {
      const [a, b] = [
        need(left, 'condition', `what "${word}" joins`),
        need(this.#and(), 'condition', `what "${word}" joins`),
      ];
      left = condition((question) => a.of(question) === true || b.of(question) === true);
    }
    this.#depth--;
    return left;
  }

  #and(): Part {
    let left = this.#comparison();
    for (let word = this.#takes('&&', 'and'); word !== undefined; word = this.#takes('&&', 'and')) {
      const [a, b] = [
        need(left, 'condition', `what "${word}" joins`),
        need(this.#comparison(), 'condition', `what "${word}" joins`),
      ];
      left = condition((question) => a.of(question) === true && b.of(question) === true);
    }
    return left;
  }

  #comparison(): Part {
    let left = this.#unary();
    for (;;) {
      const isNot = this.#takes('not') !== undefined;
      const operator = this.#takes(...Object.keys(operators));
      if (operator === undefined)
        return isNot ? wrong('behind "not" an operator is missing: in, contains, matches …') : left;
      if (isNot && !/^[a-z]/i.test(operator)) return wrong(`"not ${operator}" is no operator`);
      const compared = operators[operator]!(left, this.#unary(), operator);
      left = isNot ? condition((question) => compared.of(question) !== true) : compared;
    }
  }

  #unary(): Part {
    let isNegated = false;
    let word: string | undefined;
    for (let next = this.#takes('!', 'not'); next !== undefined; next = this.#takes('!', 'not')) {
      word = next;
      isNegated = !isNegated;
    }
    const part = this.#value();
    if (word === undefined) return part;
    need(part, 'condition', `what is behind "${word}"`);
    return isNegated ? condition((question) => part.of(question) !== true) : part;
  }

  #value(): Part {
    const token = this.#token;
    if (token === undefined) return wrong('something is missing at the end');
    this.#at++;
    if (token.kind === 'text') return constant('text', token.text);
    if (token.kind === 'number') return constant('number', Number(token.text));
    if (token.kind === 'word') return this.#word(token.text);
    if (token.text === '(') {
      const part = this.#or();
      this.#expect(')');
      return part;
    }
    return token.text === '[' ? list(this.#parts(']')) : wrong(`"${token.text}" is no value`);
  }

  #word(word: string): Part {
    if (word === 'true' || word === 'false') return constant('condition', word === 'true');
    const compile = Object.hasOwn(functions, word) ? functions[word] : undefined;
    if (Object.hasOwn(unknowable, word)) return wrong(`${word}() is not known here: ${unknowable[word]}`);
    if (compile === undefined)
      return wrong(`"${word}" is no function: there are ${Object.keys(functions).join(', ')}`);
    this.#expect('(');
    return compile(this.#parts(')'), word);
  }

  /** Separated by commas, up to the bracket. */
  #parts(end: string): Part[] {
    const parts: Part[] = [];
    while (this.#takes(end) === undefined) {
      if (parts.length > 0) this.#expect(',');
      if (parts.length > 0 && this.#takes(end) !== undefined) break; // a comma at the end
      parts.push(this.#or());
    }
    return parts;
  }
}

function wrong(problem: string): never {
  throw new SyntaxError(problem);
}

const typeWords: Readonly<Record<Type, string>> = {
  text: 'a text',
  number: 'a number',
  condition: 'true or false',
  list: 'a list',
};

function need(part: Part, type: Type, what: string): Part {
  return part.type === type
    ? part
    : wrong(`${what} is ${typeWords[part.type]}, and has to be ${typeWords[type]}`);
}

function constant(type: Type, value: Value): Part {
  return { type, constant: value, of: () => value };
}

function condition(of: Condition): Part {
  return { type: 'condition', of };
}

function list(parts: readonly Part[]): Part {
  const constants = parts.map((part) => part.constant);
  if (constants.every((value) => value !== undefined)) return constant('list', constants);
  return { type: 'list', of: (question) => parts.map((part) => part.of(question)) };
}

/** An operator of two texts. */
function ofTexts(
  is: (left: string, right: string) => boolean,
): (left: Part, right: Part, word: string) => Part {
  return (left, right, word) => {
    need(left, 'text', `what is before "${word}"`);
    need(right, 'text', `what is behind "${word}"`);
    return condition((question) => is(left.of(question) as string, right.of(question) as string));
  };
}

/** An operator of two texts or two numbers. */
function ofSame(is: (left: Value, right: Value) => boolean): (left: Part, right: Part, word: string) => Part {
  return (left, right, word) => {
    need(right, left.type, `what is behind "${word}"`);
    if (left.type === 'list') return wrong(`"${word}" compares no lists`);
    return condition((question) => is(left.of(question), right.of(question)));
  };
}

const operators: Readonly<Record<string, (left: Part, right: Part, word: string) => Part>> = {
  '==': ofSame((left, right) => left === right),
  '!=': ofSame((left, right) => left !== right),
  '<': ofSame((left, right) => left < right),
  '<=': ofSame((left, right) => left <= right),
  '>': ofSame((left, right) => left > right),
  '>=': ofSame((left, right) => left >= right),
  contains: ofTexts((left, right) => left.includes(right)),
  startsWith: ofTexts((left, right) => left.startsWith(right)),
  endsWith: ofTexts((left, right) => left.endsWith(right)),
  matches(left, right, word) {
    need(left, 'text', `what is before "${word}"`);
    if (typeof right.constant !== 'string')
      return wrong('behind "matches" the regular expression has to be written out');
    const regex = compileRegex(right.constant);
    if (typeof regex === 'string') return wrong(`the regular expression '${right.constant}': ${regex}`);
    return condition((question) => regex.test(left.of(question) as string));
  },
  in(left, right, word) {
    need(right, 'list', `what is behind "${word}"`);
    if (right.constant === undefined)
      return condition((question) => (right.of(question) as readonly Value[]).includes(left.of(question)));
    const values = new Set(right.constant as readonly Value[]);
    return condition((question) => values.has(left.of(question)));
  },
};

function ofQuestion(
  type: Type,
  of: (question: Question) => Value,
): (args: readonly Part[], word: string) => Part {
  return (args, word) => (args.length === 0 ? { type, of } : wrong(`${word}() takes nothing`));
}

/** A function of texts. */
function ofText(
  count: number,
  type: Type,
  of: (...texts: readonly string[]) => Value,
): (args: readonly Part[], word: string) => Part {
  return (args, word) => {
    if (args.length !== count) return wrong(`${word}() takes ${count === 1 ? 'a text' : 'two texts'}`);
    for (const part of args) need(part, 'text', `what ${word}() is given`);
    return { type, of: (question) => of(...args.map((part) => part.of(question) as string)) };
  };
}

const functions: Readonly<Record<string, (args: readonly Part[], word: string) => Part>> = {
  name: ofQuestion('text', ({ name }) => nameText(name)),
  type: ofQuestion('text', ({ type }) => typeName(type)),
  class: ofQuestion('text', ({ class: cls }) => className(cls)),
  proto: ofQuestion('text', ({ client }) => client.transport),
  client_ip: ofQuestion('text', ({ client }) => client.address),
  port: ofQuestion('text', ({ client }) => String(client.port)),
  server_ip: ofQuestion('text', ({ client }) => client.server.address),
  server_port: ofQuestion('text', ({ client }) => String(client.server.port)),
  do: ofQuestion('condition', ({ dnssecOk }) => dnssecOk),
  opcode: ofQuestion('number', () => 0), // QUERY: others are answered before any block is looked for
  incidr(args) {
    const [ip, cidr] = args;
    if (ip?.type !== 'text' || typeof cidr?.constant !== 'string' || args.length !== 2)
      return wrong(
        "incidr() takes an address and a network that is written out: incidr(client_ip(), '10.0.0.0/8')",
      );
    const network = cidr.constant.includes('/') ? parseNetwork(cidr.constant) : undefined;
    if (network === undefined) return wrong(`'${cidr.constant}' is no network: write 10.0.0.0/8 or fd00::/8`);
    return condition((question) => {
      const address = addressBytes(ip.of(question) as string);
      return address !== undefined && holds(network, address);
    });
  },
  lower: ofText(1, 'text', (text = '') => text.toLowerCase()),
  upper: ofText(1, 'text', (text = '') => text.toUpperCase()),
  len: ofText(1, 'number', (text = '') => text.length),
  hasPrefix: ofText(2, 'condition', (text = '', start = '') => text.startsWith(start)),
  hasSuffix: ofText(2, 'condition', (text = '', end = '') => text.endsWith(end)),
};

/** Functions of CoreDNS that would tell apart what should not be, each with the reason. */
const unknowable: Readonly<Record<string, string>> = {
  id: 'it is another one for each query',
  size: 'it differs by what a client adds to its query',
  bufsize: 'it differs by what a client has room for',
  metadata: 'no directive gives any',
};
