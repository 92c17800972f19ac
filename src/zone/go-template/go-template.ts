// go-template — a template of Go's text/template, filled in: an interpreter that takes so many steps and writes so much, no more.

import { functionNames, functions } from './functions.ts';
import { parseTemplate } from './parse.ts';
import { type Node, type Operand, type Pipe, TemplateSyntaxError } from './tree.ts';
import { isTrue, printed, Structure, TemplateError, type Value } from './values.ts';

export class GoTemplate {
  readonly text: string;
  readonly #nodes: readonly Node[];

  private constructor(text: string, nodes: readonly Node[]) {
    this.text = text;
    this.#nodes = nodes;
  }

  /** A template, or a sentence that says what is wrong with it. */
  static parse(text: string): GoTemplate | string {
    if (text.length > LONGEST) return `it has ${text.length} characters, and ${LONGEST} may be`;
    try {
      return new GoTemplate(text, parseTemplate(text, functionNames));
    } catch (error) {
      if (error instanceof TemplateSyntaxError) return error.message;
      throw error;
    }
  }

  /** Fields that are asked of what it is given, wherever they are asked. */
  get fields(): readonly string[] {
    return fieldsIn(this.#nodes, true);
  }

  /** @param data what the dot is @throws TemplateError when that cannot be done with `data` */
  fill(data: Value): string {
    return new Run(data).write(this.#nodes);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** Characters of a template, and of what it comes to: a record with 64 KiB of data is not made of a name. */
const LONGEST = 16_384;
const MOST_STEPS = 10_000;

type Flow = 'on' | 'break' | 'continue';

/** @param isRoot whether the dot is what the template was given */
function fieldsIn(nodes: readonly Node[], isRoot: boolean): string[] {
  return nodes.flatMap((node) => {
    if (!('pipe' in node)) return [];
    const own = fieldsOf(node.pipe, isRoot);
    if (!('body' in node)) return own;
    const inside = fieldsIn(node.body, isRoot && node.kind === 'if');
    return [...own, ...inside, ...fieldsIn(node.otherwise, isRoot)];
  });
}

function fieldsOf({ commands }: Pipe, isRoot: boolean): string[] {
  return commands.flat().flatMap(({ value, fields }) => {
    if (value.kind === 'pipe') return fieldsOf(value.pipe, isRoot);
    const isAsked = value.kind === 'variable' ? value.name === '$' : value.kind === 'dot' && isRoot;
    return isAsked ? fields.slice(0, 1) : [];
  });
}

class Run {
  #dot: Value;
  #out = '';
  #steps = 0;
  readonly #variables: { readonly name: string; value: Value }[];

  constructor(data: Value) {
    this.#dot = data;
    this.#variables = [{ name: '$', value: data }];
  }

  write(nodes: readonly Node[]): string {
    this.#walk(nodes);
    return this.#out;
  }

  #walk(nodes: readonly Node[]): Flow {
    for (const node of nodes) {
      this.#step();
      switch (node.kind) {
        case 'text':
          this.#add(node.text);
          break;
        case 'print': {
          const value = this.#pipe(node.pipe);
          if (node.pipe.variables.length === 0) this.#add(printed(value, '<no value>'));
          break;
        }
        case 'break':
        case 'continue':
          return node.kind;
        default: {
          const flow = this.#scoped(() => this.#block(node));
          if (flow !== 'on') return flow;
        }
      }
    }
    return 'on';
  }

  #block({ kind, pipe, body, otherwise }: Extract<Node, { body: readonly Node[] }>): Flow {
    if (kind === 'range') return this.#range(pipe, body, otherwise);
    const value = this.#pipe(pipe);
    if (!isTrue(value)) return this.#walk(otherwise);
    return kind === 'if' ? this.#walk(body) : this.#within(value, body);
  }

  #range(pipe: Pipe, body: readonly Node[], otherwise: readonly Node[]): Flow {
    const ranged = this.#pipe({ ...pipe, variables: [] });
    if (typeof ranged === 'bigint' && pipe.variables.length > 1)
      throw new TemplateError('a number is ranged over with one variable');
    const items = itemsOf(ranged);
    if (items.length === 0) return this.#walk(otherwise);
    for (const [key, item] of items) {
      this.#step();
      const flow = this.#scoped(() => {
        const values = pipe.variables.length === 2 ? [key, item] : [item];
        pipe.variables.forEach((name, i) => {
          this.#variables.push({ name, value: values[i] });
        });
        return this.#within(item, body);
      });
      if (flow === 'break') break;
    }
    return 'on';
  }

  #within(dot: Value, body: readonly Node[]): Flow {
    const outside = this.#dot;
    this.#dot = dot;
    const flow = this.#scoped(() => this.#walk(body));
    this.#dot = outside;
    return flow;
  }

  /** What is declared in `run` is gone after it. */
  #scoped(run: () => Flow): Flow {
    const declared = this.#variables.length;
    const flow = run();
    this.#variables.length = declared;
    return flow;
  }

  #pipe({ variables, assigns, commands }: Pipe): Value {
    let value: Value;
    commands.forEach((operands, i) => {
      value = this.#command(operands, i === 0 ? [] : [value]);
    });
    const [name] = variables;
    if (name === undefined) return value;
    const known = assigns ? this.#variables.findLast((variable) => variable.name === name) : undefined;
    if (known !== undefined) known.value = value;
    else this.#variables.push({ name, value });
    return value;
  }

  /** @param last what comes through the pipe */
  #command([first, ...rest]: readonly Operand[], last: readonly Value[]): Value {
    this.#step();
    const { value, fields } = first!;
    if (value.kind === 'function') return this.#call(value.name, rest, last);
    if (value.kind === 'constant' && value.constant === undefined)
      throw new TemplateError('nil is no command');
    const found = this.#operand(first!);
    if (typeof found === 'function') return found([...rest.map((operand) => this.#value(operand)), ...last]);
    if (rest.length + last.length > 0)
      throw new TemplateError(`"${fields.at(-1) ?? 'a value'}" is no function, and has arguments`);
    return found;
  }

  #call(name: string, operands: readonly Operand[], last: readonly Value[]): Value {
    if (name === 'and' || name === 'or') {
      let value: Value;
      const values = [
        ...operands.map((operand) => () => this.#value(operand)),
        ...last.map((one) => () => one),
      ];
      for (const get of values) {
        value = get();
        if (isTrue(value) === (name === 'or')) return value;
      }
      return value;
    }
    return functions.get(name)!([...operands.map((operand) => this.#value(operand)), ...last]);
  }

  /** An operand that is an argument. */
  #value(operand: Operand): Value {
    this.#step();
    if (operand.value.kind === 'function') return this.#call(operand.value.name, [], []);
    const found = this.#operand(operand);
    return typeof found === 'function' ? found([]) : found;
  }

  #operand({ value, fields }: Operand): Value {
    let found: Value;
    if (value.kind === 'dot') found = this.#dot;
    else if (value.kind === 'constant') found = value.constant;
    else if (value.kind === 'pipe') found = this.#pipe(value.pipe);
    else found = this.#variables.findLast(({ name }) => 'name' in value && name === value.name)?.value;
    return fields.reduce(fieldOf, found);
  }

  #add(text: string): void {
    this.#out += text;
    if (this.#out.length > LONGEST) throw new TemplateError(`it comes to more than ${LONGEST} characters`);
  }

  #step(): void {
    if (++this.#steps > MOST_STEPS) throw new TemplateError(`it takes more than ${MOST_STEPS} steps`);
  }
}

/** A map has any field, empty where it is not there. */
function fieldOf(value: Value, field: string): Value {
  if (value instanceof Structure || value instanceof Map) return value.get(field);
  throw new TemplateError(`there is no "${field}" in it`);
}

function itemsOf(value: Value): (readonly [Value, Value])[] {
  if (Array.isArray(value)) return value.map((item: Value, i) => [BigInt(i), item]);
  if (value instanceof Map) return [...value].sort(([a], [b]) => (a < b ? -1 : 1));
  if (value === undefined) return [];
  if (typeof value === 'bigint' && value < 1_000_000n)
    return Array.from({ length: Math.min(Math.max(Number(value), 0), MOST_STEPS + 1) }, (_, i) => [
      BigInt(i),
      BigInt(i),
    ]);
  throw new TemplateError('there is nothing in it to range over');
}
