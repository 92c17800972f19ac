// election.test — whose duty the interface and the rules are, whoever is there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Candidate, dutyOf } from '../../../ha/node/election.ts';

const primary: Candidate = {
  instance: 'a',
  slot: 'primary',
  leader: true,
  informed: true,
  acting: true,
  leaving: false,
  silent: false,
};
const secondary: Candidate = { ...primary, instance: 'b', slot: 'secondary', leader: false, acting: false };

const cases: readonly [what: string, candidates: readonly Candidate[], duty: string | undefined][] = [
  ['the leader has it', [secondary, primary], 'a'],
  ['nobody has it where nobody knows of any', [{ ...secondary, informed: false }], undefined],
  ['a twin that was told has it when the leader has gone', [secondary], 'b'],
  ['and when the leader leaves', [{ ...primary, leaving: true }, secondary], 'b'],
  ['and when the leader hangs', [{ ...primary, silent: true }, secondary], 'b'],
  [
    'a leader that comes back gets it back',
    [
      { ...primary, acting: false },
      { ...secondary, acting: true },
    ],
    'a',
  ],
  ['a leader has it before it was told of anything', [{ ...primary, informed: false }], 'a'],
  [
    'a twin that was told nothing does not get it',
    [
      { ...primary, leaving: true },
      { ...secondary, informed: false },
    ],
    'a',
  ],
  [
    'of two leaders the one that acts has it',
    [
      { ...primary, acting: false },
      { ...secondary, leader: true, acting: true },
    ],
    'b',
  ],
  [
    'of two that do not, the primary',
    [
      { ...secondary, leader: true },
      { ...primary, acting: false },
    ],
    'a',
  ],
  [
    'when all leave, the one who acts clears up: the leader has handed over',
    [
      { ...secondary, leaving: true, acting: true },
      { ...primary, leaving: true, acting: false },
    ],
    'b',
  ],
  [
    'when all leave and nobody acts, the leader clears up',
    [
      { ...secondary, leaving: true },
      { ...primary, leaving: true, acting: false },
    ],
    'a',
  ],
];
for (const [what, candidates, duty] of cases) {
  test(what, () => assert.equal(dutyOf(candidates)?.instance, duty));
}

test('everybody comes to the same answer, in whatever order they see each other', () => {
  const candidate = fc.record({
    instance: fc.uuid(),
    slot: fc.constantFrom('primary' as const, 'secondary' as const),
    leader: fc.boolean(),
    informed: fc.boolean(),
    acting: fc.boolean(),
    leaving: fc.boolean(),
    silent: fc.boolean(),
  });
  const some = fc.uniqueArray(candidate, { selector: ({ instance }) => instance, maxLength: 4 });
  fc.assert(
    fc.property(some, (candidates) => {
      assert.equal(dutyOf([...candidates].reverse()), dutyOf(candidates));
    }),
  );
});
