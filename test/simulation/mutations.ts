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
const DEPARTURE = 'ha/leaving/departure.js';
const TAKEOVER = 'ha/takeover/takeover.js';

export const mutations: readonly Mutation[] = [
  {
    name: 'a leaver retires the sockets of a twin that lives, whose channel was cut',
    patches: [patch(TWIN, 'this.#custody.spareTheLiving();')],
    seed: 0,
  },
  {
    name: 'a leaver forgets the newcomer that comes in the place of its twin',
    patches: [
      patch(DEPARTURE, "word === 'none' && this.#candidate !== undefined", 'false'),
      patch(CUSTODY, 'former.isOffered = true;'),
    ],
    seed: 0,
  },
  {
    name: 'a leaver believes in what a twin said that is gone by now',
    patches: [
      patch(DEPARTURE, "(word === 'taken' || word === 'read') && this.#peer() !== candidate", 'false'),
    ],
    seed: 0,
  },
  {
    name: 'the sockets of a dead twin are not held',
    patches: [patch(CUSTODY, 'this.#former.add(former);')],
    seed: 0,
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
    seed: 0,
  },
  {
    name: 'what a dead twin had in its ring is not answered',
    patches: [patch('ha/takeover/unanswered.js', 'if (length === 0)', 'if (length >= 0)')],
    seed: 0,
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
    seed: 0,
  },
  {
    name: 'what a former peer leaves when it dies is not answered',
    patches: [patch(CUSTODY, 'if (former.hasLeftMore(now))', 'if (false)')],
    seed: 0,
  },
  {
    name: 'how many cells were ever taken is not told',
    patches: [patch('src/handover/parked-cells.js', 'header[PARKED_MOST] = parked - ring + 1;', ';')],
    seed: 0,
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
    seed: 0,
  },
  {
    name: 'what came by a socket is answered when that is closed',
    patches: [patch('ha/timing.js', 'ANSWERS_DUE = 6000', 'ANSWERS_DUE = 0')],
    seed: 0,
  },
  {
    name: 'a socket that is given up is not read to its end',
    patches: [
      patch(
        'src/listen/slot-listeners.js',
        'while (listener.receive() > 0)\n                ;',
        'listener.receive();',
      ),
    ],
    seed: 0,
  },
  {
    name: 'connections are taken without a word',
    patches: [patch(TAKEOVER, 'claimConnections(holdings, handover);', ';')],
    seed: 0,
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
    seed: 0,
  },
  {
    name: 'connections that were taken in vain are held for ever',
    patches: [
      patch(CUSTODY, 'takeBack(holdings, handover, replays); // that', '// that'),
      patch(CUSTODY, 'takeBack(former.holdings, this.#handover, this.#replays);'),
    ],
    seed: 0,
  },
  {
    name: 'queries are taken out of a connection before they are answered',
    patches: [
      patch(
        'src/listen/client-connection.js',
        'const sound = this.#answers.flush();\n        if (sound && used > 0)\n            this.#discard(used);',
        'if (used > 0)\n            this.#discard(used);\n        const sound = this.#answers.flush();',
      ),
    ],
    seed: 0,
  },
  {
    name: 'how far answers will be written is not told',
    patches: [
      patch(
        'src/handover/connection-records.js',
        'this.#words[at + BASE] = base | 0;\n        this.#words[at + TOTAL] = total | 0;',
      ),
    ],
    seed: 0,
  },
  {
    name: 'a newcomer is not told of the connections there are',
    patches: [patch('ha/takeover/backup-peer.js', 'handover.connections.backUp(backup);')],
    seed: 0,
  },
];
