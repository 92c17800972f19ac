// foreign-names — names of a pair that is not ours: asked once before the disasters, so that later answers can be compared.

import type { Endpoint } from '../../src/config.ts';
import { askWhole } from './ask-once.ts';
import { type Heard, type Question, question } from './catalogue.ts';
import type { Chance } from './chance.ts';

/** The share of queries for names that do not exist, each asked once: their answers have to come from upstream. */
const NEW = 0.1;
/** Milliseconds a name has to be answered in, before any disaster. */
const PATIENCE = 5000;

/** @throws TwindnsError NO_ANSWER */
export async function foreignNames(
  target: Endpoint,
  names: readonly string[],
): Promise<(n: number, run: string, chance: Chance) => Question> {
  const parent = names[0]!.split('.').slice(1).join('.');
  const newName = (label: string) => `chaos-${label}${parent === '' ? '' : `.${parent}`}`;
  const heard = new Map<string, Heard>();
  for (const name of names) heard.set(name, await hear(target, name));
  const missing = await hear(target, newName('0'));
  return (n, run, chance) => {
    const edns = chance.next() < 0.7;
    if (chance.next() < NEW)
      return { ...question('gone', newName(`${run}-${n}`), edns), foreign: missing, fits: false };
    const name = chance.pick(names);
    return { ...question('hit', name, edns), foreign: heard.get(name)!, fits: false };
  };
}

// ---------------------------------------------------------------------------------------------------------------------

async function hear(target: Endpoint, name: string): Promise<Heard> {
  const reply = await askWhole(target, name, PATIENCE);
  return { rcode: reply.readUInt8(3) & 15, records: reply.readUInt16BE(6) };
}
