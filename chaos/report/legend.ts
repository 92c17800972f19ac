// legend — how to read the pictures, once for all of them.

import { type Markup, markup } from './markup.ts';

export function legend(): Markup {
  return markup`<section class="legend" aria-label="How to read the pictures">
<h2>How to read the pictures</h2>
<p>Side by side, the same scenario done to twindns and to the controls, on the same scales. Red means one thing on this page: queries that got no answer.</p>
<ul>${legendEntries.map(([mark, words]) => markup`<li><svg viewBox="0 0 28 14" aria-hidden="true">${mark}</svg>${words}</li>`)}</ul>
</section>`;
}

/** Marks, each in a place of 28 by 14, and what they mean. */
export const legendEntries: readonly (readonly [Markup, string])[] = [
  [markup`<path class="tick" d="M8 2V12M14 2V12M20 2V12"/>`, 'a disaster; point at it for its name'],
  [
    markup`<path class="area" d="M1 5H27V14H1Z"/><path class="answered" d="M1 5H27"/>`,
    'queries answered, by when they were sent',
  ],
  [markup`<path class="sent" d="M1 7H27"/>`, 'queries sent, where it is more than that'],
  [
    markup`<g class="lost"><rect x="8" y="2" width="4" height="11"/><rect x="16" y="7" width="4" height="6"/></g>`,
    'queries lost; below, on a scale of their own',
  ],
  [markup`<path class="p50" d="M1 7H27"/>`, 'half of the answers were faster'],
  [markup`<path class="worst" d="M6 9h0M14 4h0M22 8h0"/>`, 'the slowest answer of each step'],
];
