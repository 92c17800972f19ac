// read-corefile — a Corefile as the plan it makes, with all that is wrong with it at once.
//
//   text ─ lexer ─► words ─ server-blocks, import ─► blocks ─ directives ─► parts ─► listeners with their zones
//
// The plan is whole even of a file that is refused, so that what is right in it can be shown; it is not to be served then.

import { formatEndpoint } from '../config.ts';
import { inTurns, type Pieces } from '../pieces.ts';
import type { AdminPlan, BlockPlan, ListenerPlan, Plan, ZonePlan } from '../plan/plan.ts';
import { loadRegexEngine } from '../zone/regex.ts';
import { BlockParts } from './block-parts.ts';
import type { Directive, Word } from './directive.ts';
import { directiveNames, knownDirectives } from './directives.ts';
import { type Fault, FaultList, quoted } from './fault-list.ts';
import { type Key, readKey } from './key.ts';
import { hasExpressions } from './rewrite.ts';
import { readServerBlocks, type ServerBlock } from './server-blocks.ts';
import type { Surroundings } from './surroundings.ts';
import { showZone } from './zone-name.ts';

export interface ReadCorefile {
  readonly plan: Plan;
  /** Empty where the file is taken. */
  readonly faults: readonly Fault[];
  /** Of faults and warnings: more than are kept. */
  readonly dropped: number;
  readonly warnings: readonly Fault[];
  /** The file, and files and patterns of files that it imports, there or not: a change of one may be a change of the plan. */
  readonly files: readonly string[];
}

/** A file that cannot be read is a fault; rejects for nothing that is in one. */
export async function readCorefile(path: string, surroundings: Surroundings): Promise<ReadCorefile> {
  const faults = new FaultList();
  const blocks = await inTurns(readServerBlocks(path, surroundings, faults));
  // The engine has its price, and most files have no expression.
  if (blocks.some(({ directives }) => directives.some(hasExpression))) await loadRegexEngine();
  return inTurns(readPlan(path, blocks, surroundings, faults));
}

/** Of a file's blocks; the engine of regular expressions has to be loaded if they have one. Never throws. */
export function* readPlan(
  path: string,
  blocks: readonly ServerBlock[],
  surroundings: Surroundings,
  faults: FaultList,
): Pieces<ReadCorefile> {
  const listeners = new Listeners(faults);
  const all: BlockParts[] = [];
  for (const block of blocks) {
    const keys = block.keys.flatMap((word) => readKey(word, surroundings.port, faults) ?? []);
    const parts = yield* readParts(block, keys, surroundings, faults);
    const { bind = surroundings.listen } = parts.settings;
    if (parts.settings.bind === undefined)
      faults.warn(
        block.line,
        `without \`bind\` the block is served at the addresses of --listen, ${bind.join(', ')}. CoreDNS takes all addresses.`,
      );
    yield;
    listeners.add(keys, bind, planOf(block, parts));
    all.push(parts);
    yield;
  }
  warnOfCircles(blocks, all, listeners.all, faults);
  if (blocks.length === 0 && !faults.isRefused)
    faults.refuse(
      { file: path, line: 1, text: '', isQuoted: false },
      'the file has no server block, such as `. { forward . /etc/resolv.conf }` on three lines.',
    );
  return {
    plan: {
      listeners: listeners.all,
      admin: mergeAdmin(all.flatMap(({ admin }) => admin)),
      // One timer looks at the file; the last block says how often.
      reload: all.flatMap(({ settings }) => settings.reload ?? []).at(-1),
      nodecache: nodecacheOf(all),
    },
    ...{ faults: faults.faults, dropped: faults.dropped, warnings: faults.warnings, files: faults.files },
  };
}

// ---------------------------------------------------------------------------------------------------------------------

/** Options that a regular expression follows, the kind of `rewrite` that has one, and the operator of views. */
const beforeExpressions = /^(match|consolidate|regex)$|\bmatches\b/;

function hasExpression(directive: Directive): boolean {
  const { name, args, body = [] } = directive;
  if (name.text === 'rewrite') return hasExpressions(directive);
  return [name, ...args].some(({ text }) => beforeExpressions.test(text)) || body.some(hasExpression);
}

function* readParts(
  { directives }: ServerBlock,
  keys: readonly Key[],
  surroundings: Surroundings,
  faults: FaultList,
): Pieces<BlockParts> {
  const parts = new BlockParts(faults, surroundings, [...new Set(keys.flatMap(({ zones }) => zones))]);
  const byName = new Map<string, Directive[]>();
  for (const directive of directives) {
    const { text } = directive.name;
    if (!knownDirectives.has(text)) refuseUnknown(directive, faults);
    else if (byName.has(text)) byName.get(text)!.push(directive);
    else byName.set(text, [directive]);
  }
  for (const { name, read } of knownDirectives.values()) {
    const found = byName.get(name);
    if (found === undefined) continue;
    if (typeof read === 'function') yield* read(found, parts) ?? [];
    else for (const { name: word } of found) faults.refuse(word, `\`${name}\` is not for a node: ${read}`);
  }
  return parts;
}

function refuseUnknown({ name, body }: Directive, faults: FaultList): void {
  const isKey = body !== undefined && /[.:/]/.test(name.text);
  faults.refuse(
    name,
    isKey
      ? `${quoted(name)} is no directive. If a server block begins here, a } is missing above.`
      : `${quoted(name)} is no directive.`,
    directiveNames,
  );
}

function planOf({ line: { file, line }, directives }: ServerBlock, parts: BlockParts): BlockPlan {
  const {
    cache,
    forwards = [],
    queryLogs = [],
    errors,
    view,
    order,
    flags,
    udpSize,
    nsid,
    detectsLoops = false,
  } = parts.settings;
  return {
    identity: JSON.stringify(directives.map(wordsOf)),
    ...{ view, cache, forwards, guards: parts.guards, steps: parts.steps },
    ...{ order, flags, udpSize, nsid, detectsLoops },
    log: { queries: queryLogs, errors },
    place: { file, line },
  };
}

type Words = readonly (string | Words)[];

function wordsOf({ name, args, body }: Directive): Words {
  return [name.text, ...args.map(({ text }) => text), ...(body === undefined ? [] : [body.map(wordsOf)])];
}

/** A zone counts once for each address and port it is served at. */
const MOST_ZONES = 100_000;

/** Each address and port once, in the order of the file, with its zones; the same zone twice is refused. */
class Listeners {
  readonly #faults: FaultList;
  #zones = 0;
  readonly #found = new Map<string, { plan: ListenerPlan; zones: ZonePlan[]; words: Map<string, Word> }>();

  constructor(faults: FaultList) {
    this.#faults = faults;
  }

  /** Those with the same zones share the very list of them. */
  get all(): readonly ListenerPlan[] {
    const lists: (readonly ZonePlan[])[] = [];
    return [...this.#found.values()].map(({ plan: { at, zones } }) => {
      const same = lists.find((list) => isSame(list, zones)) ?? zones;
      if (same === zones) lists.push(zones);
      return { at, zones: same };
    });
  }

  add(keys: readonly Key[], addresses: readonly string[], block: BlockPlan): void {
    for (const { word, zones, port } of keys)
      for (const address of addresses) {
        const listener = this.#at(address, port);
        for (const suffix of zones) {
          if (++this.#zones > MOST_ZONES) {
            this.#faults.refuse(word, `zones on all their addresses come to more than ${MOST_ZONES}.`);
            return;
          }
          // Blocks with views stand before the one for all other queries.
          const before = listener.words.get(suffix);
          if (before !== undefined) this.#refuseTwice(word, before, suffix, address, port);
          else {
            if (block.view === undefined) listener.words.set(suffix, word);
            listener.zones.push({ suffix, block });
          }
        }
      }
  }

  #at(address: string, port: number) {
    const at = { address, port };
    const key = formatEndpoint(at);
    let found = this.#found.get(key);
    if (found === undefined) {
      const zones: ZonePlan[] = [];
      found = { plan: { at, zones }, zones, words: new Map() };
      this.#found.set(key, found);
    }
    return found;
  }

  #refuseTwice(word: Word, before: Word, suffix: string, address: string, port: number): void {
    const where = before.file === word.file ? '' : ` of ${before.file}`;
    const zone = `${showZone(suffix)}:${port}`;
    this.#faults.refuse(
      word,
      `${quoted(word)}: line ${before.line}${where} has ${zone} at ${address} already. Bind one of them to another address, or take it out.`,
    );
  }
}

function isSame(a: readonly ZonePlan[], b: readonly ZonePlan[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ suffix, block }, i) => suffix === b[i]!.suffix && block === b[i]!.block)
  );
}

/** Forwards to where the file itself is served. */
function warnOfCircles(
  blocks: readonly ServerBlock[],
  all: readonly BlockParts[],
  listeners: readonly ListenerPlan[],
  faults: FaultList,
): void {
  const served = new Set(listeners.map(({ at }) => formatEndpoint(at)));
  for (const [i, { settings }] of all.entries())
    for (const { endpoint } of (settings.forwards ?? []).flatMap(({ servers }) => servers)) {
      if (!served.has(formatEndpoint(endpoint))) continue;
      const words = blocks[i]!.directives.filter(({ name }) => name.text === 'forward').flatMap(
        ({ args }) => args,
      );
      const word = words.find(({ text }) => text.includes(endpoint.address)) ?? blocks[i]!.line;
      faults.warn(
        word,
        `${formatEndpoint(endpoint)} is served by this very file: what is forwarded there comes back.`,
      );
    }
}

/** An HTTP server for each address, with the pages that are asked for at it. */
function mergeAdmin(plans: readonly AdminPlan[]): readonly AdminPlan[] {
  const merged = new Map<string, AdminPlan>();
  for (const plan of plans) {
    const key = formatEndpoint(plan.at);
    const before = merged.get(key);
    merged.set(key, {
      at: plan.at,
      pages: [...new Set([...(before?.pages ?? []), ...plan.pages])],
      lameduck: Math.max(before?.lameduck ?? 0, plan.lameduck),
    });
  }
  return [...merged.values()];
}

function nodecacheOf(all: readonly BlockParts[]): Plan['nodecache'] {
  const asking = all.filter(({ settings }) => settings.keepsInterface !== undefined);
  if (asking.length === 0) return undefined;
  return {
    addresses: [...new Set(asking.flatMap(({ settings }) => settings.bind ?? []))],
    keep: asking.some(({ settings }) => settings.keepsInterface === true),
  };
}
