// twin-of-another-version — the service is replaced by a build that speaks an older protocol, or reads an arena in another
// layout, one slot after the other, and by ours again.
//
// While both are there they cannot back each other up, and say why; all the same an update in good order loses nothing.

import { setTimeout as pause } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import type { Scenario } from '../scenario.ts';
import type { Changes } from '../stage/recipes.ts';

const editions = [
  {
    name: 'older-protocol',
    pattern: /\bPROTOCOL_VERSION = \d+/,
    replacement: 'PROTOCOL_VERSION = 0',
    says: /protocol|version/i,
  },
  {
    name: 'other-layout',
    pattern: /!== ARENA_VERSION/,
    replacement: '!== ARENA_VERSION + 1',
    says: undefined, // the status alone tells of it, as long as both live
  },
] as const;

export const twinOfAnotherVersion: Scenario = {
  name: 'twin-of-another-version',
  purpose: 'One slot after the other gets a build of another protocol or arena layout, and then ours again.',
  expects: { twindns: 'no loss' },
  times: { quick: 3, thorough: 150 },
  intrudes: true,
  async strike(stage, chance) {
    const own = stage.own!;
    const { says, ...edition } = chance.pick(editions);
    const order = chance.next() < 0.5 ? slots : [...slots].reverse();
    const become = async (what: string, changes: Changes | undefined) => {
      for (const slot of order) {
        stage.happened(`${slot} becomes ${what}`);
        await stage.end(slot, 'SIGTERM');
        await own.launch(slot, changes).serves;
        await pause(chance.between(100, 1000)); // the twins call each other meanwhile
        const lines = slots.flatMap((one) => own.member(one).lines);
        if (slot === order[0] && says !== undefined && !lines.some((line) => isWarning(line, says)))
          stage.failed('Neither instance warned that its twin speaks another protocol.');
      }
      await own.met();
    };
    await become(edition.name, { edition });
    await become('ours', undefined);
  },
};

// ---------------------------------------------------------------------------------------------------------------------

function isWarning(line: string, says: RegExp): boolean {
  return /"level":"(warn|error)"/.test(line) && says.test(line);
}
