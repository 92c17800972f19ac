// loadbalance — in which order clients get the addresses of a name: another one for each query.
//
//   loadbalance [round_robin]   { prefer NETWORK… }       by chance, those in the networks first
//   loadbalance weighted FILE   { reload DURATION }       one is drawn to be the first, by weights: see src/zone/weight-file.ts
//
// Without it the order changes once a second, which costs nothing.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { monotonicMs } from 'node-reuseport';
import { type AnswerOrder, Shuffled, Weighted } from '../zone/answer-order.ts';
import { type Network, parseNetwork } from '../zone/networks.ts';
import { parseWeights, WeightFile, type WeightTable } from '../zone/weight-file.ts';
import type { BlockContext } from './block-parts.ts';
import type { Directive, Faults, Word } from './directive.ts';
import { quoted } from './fault-list.ts';
import { atMost, eachOption } from './grammar.ts';
import { readDuration } from './number.ts';
import { whyUnreadable } from './unreadable.ts';

/** The last of them holds. */
export function readLoadbalance(
  directives: readonly Directive[],
  context: BlockContext,
): AnswerOrder | undefined {
  return directives.map((directive) => readOrder(directive, context)).at(-1);
}

// ---------------------------------------------------------------------------------------------------------------------

const policies = ['round_robin', 'weighted'] as const;
/** Milliseconds. */
const RELOAD = 30_000;
/** Bytes of a file of weights. */
const LARGEST = 2 ** 20;

function readOrder(directive: Directive, context: BlockContext): AnswerOrder | undefined {
  const { faults } = context;
  const [policy] = directive.args;
  if (policy?.text === 'weighted') return readWeighted(directive, context);
  if (policy !== undefined && policy.text !== 'round_robin') {
    faults.refuse(
      policy,
      `${quoted(policy)} is no policy of \`loadbalance\`: it has round_robin and weighted.`,
      policies,
    );
    return undefined;
  }
  atMost(directive, 1, faults, 'loadbalance [round_robin]');
  const prefer: Network[] = [];
  eachOption(directive, faults, {
    prefer({ name, args }) {
      if (args.length === 0) faults.warn(name, '`prefer` without a network does nothing.');
      for (const word of args) prefer.push(...readPreferred(word, faults));
    },
  });
  return new Shuffled(prefer, Math.random);
}

function readPreferred(word: Word, faults: Faults): Network[] {
  const network = word.text.includes('/') ? parseNetwork(word.text) : undefined;
  if (network !== undefined) return [network];
  faults.refuse(word, `${quoted(word)} is no network: \`prefer\` takes some such as 10.0.0.0/8.`);
  return [];
}

function readWeighted(directive: Directive, context: BlockContext): AnswerOrder | undefined {
  const { faults } = context;
  const [policy, file] = atMost(directive, 2, faults, 'loadbalance weighted FILE');
  let interval = RELOAD;
  eachOption(directive, faults, {
    reload(option) {
      const [length] = atMost(option, 1, faults, 'reload DURATION');
      if (length === undefined) faults.refuse(option.name, '`reload` needs a duration: 0s is never.');
      else interval = readDuration(length, faults, '`reload`') ?? RELOAD;
    },
  });
  if (file === undefined) {
    faults.refuse(policy!, 'behind `weighted` the file with the weights is missing.');
    return undefined;
  }
  const table = readTable(file, interval, context);
  if (table === undefined) return undefined;
  const path = context.path(file.text);
  const weights = new WeightFile(table, { path, read: () => readAgain(path), interval, now: monotonicMs });
  return new Weighted(weights, Math.random);
}

/** Never waits for what a path leads to but a file. @throws Error when there is none, or one that is too long */
async function readAgain(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > LARGEST)
      throw new Error(`${path} is no file of up to ${LARGEST} bytes`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** Undefined, and told, when it is refused; empty when it may come yet. */
function readTable(file: Word, interval: number, context: BlockContext): WeightTable | undefined {
  const { faults, surroundings } = context;
  try {
    const parsed = parseWeights(surroundings.readFile(context.path(file.text), LARGEST));
    if (!('problem' in parsed)) return parsed;
    faults.refuse(file, `line ${parsed.line} of ${quoted(file)}: ${parsed.problem}.`);
  } catch (thrown) {
    const problem = `${quoted(file)} cannot be read: ${whyUnreadable(thrown)}`;
    if (interval === 0) faults.refuse(file, `${problem}, and it is not looked at again.`);
    else {
      faults.warn(file, `${problem}. Until it can be, all addresses weigh the same.`);
      return new Map();
    }
  }
  return undefined;
}
