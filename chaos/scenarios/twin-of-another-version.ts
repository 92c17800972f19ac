// twin-of-another-version — a slot is taken by a build that speaks an older protocol, or writes an arena in another layout.
//
// The two cannot look after each other; each has to serve all the same, and to say why it is on its own.

import { setTimeout as pause } from 'node:timers/promises';
import { edition } from '../editions.ts';
import type { Scenario } from '../scenario.ts';

const editions = [
  {
    name: 'older-protocol',
    file: 'dist/ha/protocol.js',
    pattern: /PROTOCOL_VERSION = (\d+)/,
    replacement: 'PROTOCOL_VERSION = 0',
    says: /protocol|version/i,
  },
  {
    name: 'other-layout',
    file: 'dist/ha/layout.js',
    pattern: /!== ARENA_VERSION/,
    replacement: '!== ARENA_VERSION + 1',
    says: undefined, // it is looked at only when its writer has died
  },
] as const;

/** A line at level warn or error. */
const WARNING = /"level":"(warn|error)"/;

export const twinOfAnotherVersion: Scenario = {
  name: 'twin-of-another-version',
  purpose:
    'The secondary is replaced by a build of another protocol or arena layout, and that one by ours again.',
  expects: { twindns: 'no loss' },
  times: { quick: 6, thorough: 300 },
  closing: 0.001,
  intrudes: true,
  async strike(stage, chance) {
    const own = stage.own!;
    const { name, file, pattern, replacement, says } = chance.pick(editions);
    const root = edition(own.folder, name, file, pattern, replacement);
    stage.happened(`secondary becomes ${name}`);
    await stage.end('secondary', 'SIGTERM');
    await own.launch('secondary', { edition: root }).serves;
    await pause(chance.between(100, 1500)); // the twins call each other meanwhile
    const lines = [...own.member('primary').lines, ...own.member('secondary').lines];
    if (says !== undefined && !lines.some((line) => WARNING.test(line) && says.test(line)))
      stage.failed('Neither instance warned that its twin speaks another protocol.');
    stage.happened('secondary becomes ours');
    await stage.end('secondary', 'SIGTERM');
    await stage.start('secondary');
  },
};
