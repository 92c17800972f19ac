// mutations — faults put into the code on purpose: the simulation must find each of them, or it could not find its like.

import type { Patch } from './image.ts';

export interface Mutation {
  readonly name: string;
  readonly patches: readonly Patch[];
  /** A seed that shows it, when it was last looked for: from there on it is looked for again. */
  readonly seed: number;
}

/** @param after empty: what is there goes */
const patch = (file: string, before: string, after = ''): Patch => ({ file, before, after });

const CUSTODY = 'ha/takeover/custody.js';

export const mutations: readonly Mutation[] = [
  {
    name: 'the sockets of a dead twin are not held',
    patches: [patch(CUSTODY, 'this.#former.add(former);')],
    seed: 1,
  },
  {
    name: 'what a dead twin had parked is not answered',
    patches: [
      patch(
        'ha/takeover/unanswered.js',
        'if (Atomics.load(words, header + CELL_STATE) !== FREE)\n            parked',
        'if (false)\n            parked',
      ),
    ],
    seed: 5,
  },
  {
    name: 'how many cells were ever taken is not told',
    patches: [patch('src/handover/parked-cells.js', 'header[PARKED_MOST] = parked - ring + 1;', ';')],
    seed: 22,
  },
  {
    name: 'what came by a socket is answered when that is closed',
    patches: [patch('ha/timing.js', 'ANSWERS_DUE = 6000', 'ANSWERS_DUE = 0')],
    seed: 8,
  },
  {
    name: 'how far answers will be written is not told',
    patches: [
      patch(
        'src/handover/connection-records.js',
        'this.#words[at + BASE] = base | 0;\n        this.#words[at + TOTAL] = total | 0;',
      ),
    ],
    seed: 17,
  },
];
