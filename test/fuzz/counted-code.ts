// counted-code — built code with a counter in each of its branches, and the literals it compares with.
//
// A counter is a word of an Int32Array that the module finds as `globalThis.branchCounters`. V8's own block coverage would need
// no change of the code, but costs milliseconds for each look; this costs one addition a branch.

import { type AnyNode, parse } from 'acorn';

export interface CountedCode {
  readonly text: string;
  /** Numbers and strings in the code: what an input has to hold to get further. */
  readonly literals: readonly (number | string)[];
  /** The first counter that is not used. */
  readonly next: number;
}

/** Name by which the code finds its counters; bundlers put the declaration in front. */
export const countersName = '$branch';

/** @param first the first counter to use */
export function countedCode(code: string, first: number): CountedCode {
  const literals: (number | string)[] = [];
  const edits = new Edits(first);
  visit(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }), edits, literals);
  return { text: edits.applied(code), literals, next: edits.next };
}

// ---------------------------------------------------------------------------------------------------------------------

/** What is put into the code, and where; parents are visited before what they contain. */
class Edits {
  next: number;
  readonly #opening = new Map<number, string[]>();
  readonly #closing = new Map<number, string[]>();

  constructor(first: number) {
    this.next = first;
  }

  /** Counts at the beginning of a block, or before a statement of a case. */
  count(at: number): void {
    this.#open(at, `${this.#counter()};`);
  }

  countExpression({ start, end }: Place): void {
    this.#open(start, `(${this.#counter()},(`);
    this.#close(end, '))');
  }

  /** A statement where a block may stand. @param otherwise what follows it */
  countStatement(node: AnyNode, otherwise: '' | 'else' = ''): void {
    const rest = otherwise === '' ? '' : ` else {${this.#counter()};}`;
    if (node.type === 'BlockStatement') {
      this.count(node.start + 1);
      this.#close(node.end, rest);
    } else {
      this.#open(node.start, `{${this.#counter()};`);
      this.#close(node.end, `}${rest}`);
    }
  }

  applied(code: string): string {
    const places = [...new Set([...this.#opening.keys(), ...this.#closing.keys()])].sort((a, b) => a - b);
    const parts: string[] = [];
    let from = 0;
    for (const place of places) {
      parts.push(code.slice(from, place));
      parts.push(...(this.#closing.get(place) ?? []).reverse(), ...(this.#opening.get(place) ?? []));
      from = place;
    }
    return parts.join('') + code.slice(from);
  }

  #counter(): string {
    return `${countersName}[${this.next++}]++`;
  }

  #open(at: number, text: string): void {
    this.#opening.set(at, [...(this.#opening.get(at) ?? []), text]);
  }

  #close(at: number, text: string): void {
    if (text !== '') this.#closing.set(at, [...(this.#closing.get(at) ?? []), text]);
  }
}

interface Place {
  readonly start: number;
  readonly end: number;
}

function visit(node: AnyNode, edits: Edits, literals: (number | string)[]): void {
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
      edits.countStatement(node.body);
      break;
    case 'ArrowFunctionExpression':
      if (node.body.type === 'BlockStatement') edits.countStatement(node.body);
      else edits.countExpression(node.body);
      break;
    case 'IfStatement':
      edits.countStatement(node.consequent, node.alternate ? '' : 'else');
      if (node.alternate) edits.countStatement(node.alternate);
      break;
    case 'ForStatement':
    case 'ForInStatement':
    case 'ForOfStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
      edits.countStatement(node.body);
      break;
    case 'CatchClause':
      edits.countStatement(node.body);
      break;
    case 'ConditionalExpression':
      edits.countExpression(node.consequent);
      edits.countExpression(node.alternate);
      break;
    case 'LogicalExpression':
      edits.countExpression(node.right);
      break;
    case 'AssignmentExpression':
      if (['&&=', '||=', '??='].includes(node.operator)) edits.countExpression(node.right);
      break;
    case 'SwitchCase':
      if (node.consequent[0] !== undefined) edits.count(node.consequent[0].start);
      break;
    case 'Literal':
      if (typeof node.value === 'number' || typeof node.value === 'string') literals.push(node.value);
      break;
    case 'TemplateElement':
      literals.push(node.value.raw);
      break;
  }
  if (node.type === 'ImportDeclaration') return;
  for (const child of childrenOf(node)) visit(child, edits, literals);
}

function childrenOf(node: AnyNode): AnyNode[] {
  return Object.values(node as unknown as Record<string, unknown>)
    .flat()
    .filter((value): value is AnyNode => typeof value === 'object' && value !== null && 'type' in value);
}
