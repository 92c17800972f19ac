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

const TWIN = 'ha/twin.js';
const CUSTODY = 'ha/takeover/custody.js';
const TAKEOVER = 'ha/takeover/takeover.js';

export const mutations: readonly Mutation[] = [
  {
    name: 'a leaver retires the sockets of a twin that lives, whose channel was cut',
    patches: [patch(TWIN, 'this.#custody.spareTheLiving();')],
    seed: 50,
  },
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
    name: 'what a dead twin had in its ring is not answered',
    patches: [patch('ha/takeover/unanswered.js', 'if (length === 0)', 'if (length >= 0)')],
    seed: 89,
  },
  {
    name: 'what a twin is stuck with is not answered',
    patches: [
      patch(
        'ha/peers/failure-detector.js',
        "isObserved || (silence > STARVED && hasTimeFor(silence, ownDelay)) ? 'stuck' : 'silent'",
        "'silent'",
      ),
      patch(CUSTODY, "if (health === 'silent' && hasTimeFor(holdings.silence(now), ownDelay))", 'if (false)'),
    ],
    seed: 434,
  },
  {
    name: 'how many cells were ever taken is not told',
    patches: [patch('src/handover/parked-cells.js', 'header[PARKED_MOST] = parked - ring + 1;', ';')],
    seed: 22,
  },
  {
    name: 'a cell is given back before its answer is sent',
    patches: [
      patch(
        'src/listen/udp-listener.js',
        'replies.releaseWhenSent(cell);',
        'this.#context.parking.release(cell);',
      ),
    ],
    seed: 244,
  },
  {
    name: 'what came by a socket is answered when that is closed',
    patches: [patch('ha/timing.js', 'ANSWERS_DUE = 6000', 'ANSWERS_DUE = 0')],
    seed: 8,
  },
  {
    name: 'connections are taken without a word',
    patches: [patch(TAKEOVER, 'claimConnections(holdings, handover);', ';')],
    seed: 275,
  },
  {
    name: 'whose connections were taken is not compared',
    patches: [
      patch(
        'ha/takeover/backup-peer.js',
        'holdings.word(TAKEN) === this.#journal.header[EPOCH]',
        'holdings.word(TAKEN) !== 0',
      ),
    ],
    seed: 24,
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
  {
    name: 'the sockets of a dead twin are held, and not read',
    patches: [patch(CUSTODY, 'this.#trying(() => readers.begin(holdings, identities));', ';')],
    seed: 5,
  },
  {
    name: 'what is to be answered for a twin is passed over',
    patches: [patch('ha/takeover/replays.js', 'this.#handover.replay(', '((..._) => {})(')],
    seed: 17,
  },
  {
    name: 'a cell does not tell that a query waits in it',
    patches: [patch('src/handover/parked-cells.js', 'before === TRIED ? TRIED : PARKED', 'FREE')],
    seed: 5,
  },
  {
    name: 'an instance does not show its sockets',
    patches: [patch('ha/link/sender.js', 'shows ? this.#handover.sockets.filter(isKnown) : []', '[]')],
    seed: 1,
  },
  {
    name: 'a slot that is taken is taken once more',
    patches: [patch('src/options/slot.js', "if (file === 'taken')\n        return undefined;")],
    seed: 2,
  },
];
