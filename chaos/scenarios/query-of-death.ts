// query-of-death — a query that kills its reader may kill one instance; the other must not read it again.

import { setTimeout as delay } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import { askOnce } from '../load/ask-once.ts';
import type { Scenario } from '../scenario.ts';
import type { Edition } from '../stage/editions.ts';

const SERVFAIL = 2;
const PATIENCE = 4000;

/** With a bug that one query sets off: a process that reads a name with `death-` in it aborts. */
const mortal: Edition = {
  name: 'mortal',
  pattern: /\banswer\(client, bytes, (\w+), length, now\) \{/,
  replacement:
    "$& if (Buffer.from(bytes.buffer, bytes.byteOffset + $1, length).includes('death-')) process.abort();",
};

export const queryOfDeath: Scenario = {
  name: 'query-of-death',
  purpose:
    'A query crashes the process that reads it: exactly one instance dies, and the client gets SERVFAIL.',
  expects: { twindns: 'no loss' },
  times: { quick: 10, thorough: 1000 },
  delay: { ms: 250, share: 0.001 },
  changes: { edition: mortal },
  intrudes: true,
  async strike(stage, chance) {
    const own = stage.own!;
    stage.happened('query of death');
    // Not a query of the load, which allows no SERVFAIL.
    const said = await askOnce(stage.target, `death-${chance.below(1e9)}.chaos.example`, PATIENCE);
    // The answer may come before the end of the dead process is reported.
    await Promise.race([
      ...slots.map((slot) => own.member(slot).gone),
      delay(PATIENCE, undefined, { ref: false }),
    ]);
    const dead = slots.filter((slot) => !own.member(slot).alive);
    if (said !== SERVFAIL) stage.failed(`The query of death was not answered with SERVFAIL: ${said}.`);
    if (dead.length !== 1) stage.failed(`${dead.length} instances died of one query.`);
    for (const slot of dead) await stage.start(slot);
  },
};
