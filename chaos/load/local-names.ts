// local-names — names that a pair with a Corefile answers otherwise than by asking for them: from `hosts`, by `template`, as
// another name by `rewrite`, from a server over TLS. The rest of the questions are the catalogue's.

import { addressOf, kinds, nextQuestion, type Question, question } from './catalogue.ts';
import type { Chance } from './chance.ts';
import { nameFromText } from './wire.ts';

/** What a pair with a Corefile has beside the catalogue's zones. */
export const domains = {
  hosts: 'hosts.chaos.example',
  template: 'template.chaos.example',
  /** Asked for as the same name in the other. */
  rewritten: 'rewritten.chaos.example',
  target: 'chaos.cluster.local',
  tls: 'tls.chaos.example',
} as const;

const SHARE = 0.1;
/** Names that `hosts` has. */
const HOSTS = 100;

/** The n-th question of a load: 4 in 10 of what a Corefile answers. */
export function localQuestion(n: number, run: string, chance: Chance): Question {
  const share = chance.next();
  const edns = chance.next() < 0.7;
  if (share < SHARE) return question('hit', hostName(chance.below(HOSTS)), edns);
  if (share < 2 * SHARE) return templateQuestion(chance, edns);
  const label = chance.next() < 0.7 ? `hit-${chance.below(kinds.hit.names)}` : `miss-${run}-${n}`;
  const kind = label.startsWith('hit') ? 'hit' : 'miss';
  if (share < 3 * SHARE) return question(kind, `${label}.${domains.tls}`, edns);
  if (share < 4 * SHARE)
    return {
      ...question(kind, `${label}.${domains.rewritten}`, edns),
      addresses: addressesOf(`${label}.${domains.target}`, kinds[kind].records),
    };
  return nextQuestion(n, run, chance);
}

/** Lines of a hosts file. */
export function hostLines(): string {
  const lines = Array.from({ length: HOSTS }, (_, i) => {
    const [address] = addressesOf(hostName(i), 1);
    return `${dotted(address!)} ${hostName(i)}\n`;
  });
  return lines.join('');
}

// ---------------------------------------------------------------------------------------------------------------------

function hostName(number: number): string {
  return `hit-${number}.${domains.hosts}`;
}

/** Its address is in its name. */
function templateQuestion(chance: Chance, edns: boolean): Question {
  const last = [chance.below(256), chance.below(256)];
  const address = ((198 << 24) | (18 << 16) | (last[0]! << 8) | last[1]!) >>> 0;
  const asked = question('hit', `hit-${last.join('-')}.${domains.template}`, edns);
  return { ...asked, addresses: [address] };
}

function addressesOf(text: string, count: number): readonly number[] {
  const name = nameFromText(text);
  return Array.from({ length: count }, (_, i) => addressOf(name, 0, name.length, i));
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}
