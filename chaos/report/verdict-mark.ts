// verdict-mark — the mark that says whether what was promised came true, in words; and what each subject is.

import { type Markup, markup } from './markup.ts';
import type { Outcome } from './outcome.ts';

type Subject = Outcome['subject'];

export const names: Readonly<Record<Subject, string>> = {
  twindns: 'twindns',
  'no-custody': 'without custody',
  unbound: 'a pair of Unbounds',
};

export const descriptions: Readonly<Record<Subject, string>> = {
  twindns: 'two resolvers; each takes over the queries of the other',
  'no-custody': 'the same two resolvers, but neither takes over from the other',
  unbound: 'two of them share the address and port, as people do it today',
};

/** Said by shape and word, never by colour alone: red is for lost queries and nothing else. */
export function verdictMark({ held, expects }: Outcome): Markup {
  if (!held) return notHeld;
  if (expects === 'shown') return markup`<span class="verdict shown">shown, not judged</span>`;
  return markup`<span class="verdict held"><b aria-hidden="true">✓</b> ${
    expects.startsWith('loss') ? 'loses, as it must' : 'held'
  }</span>`;
}

export function verdictMarkOfAll(outcomes: readonly Outcome[]): Markup {
  return outcomes.every(({ held }) => held)
    ? markup`<span class="verdict held"><b aria-hidden="true">✓</b> held</span>`
    : notHeld;
}

export function lostBy({ udp, tcp }: Outcome): number {
  return udp.never + tcp.never;
}

export function sentTo({ udp, tcp }: Outcome): number {
  return udp.sent + tcp.sent;
}

// ---------------------------------------------------------------------------------------------------------------------

const notHeld = markup`<span class="verdict broken"><b aria-hidden="true">✗</b> did not hold</span>`;
