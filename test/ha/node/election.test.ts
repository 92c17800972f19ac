// election.test — which process keeps the interface and the rules, in whatever company.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Candidate, candidateOf, elect } from '../../../ha/node/election.ts';

const primary: Candidate = {
  instance: 'a',
  slot: 'primary',
  role: 'leader',
  acting: true,
  leaving: false,
  silent: false,
};
const secondary: Candidate = { ...primary, instance: 'b', slot: 'secondary', role: 'deputy', acting: false };

const cases: readonly [what: string, candidates: readonly Candidate[], acting: string | undefined][] = [
  ['the leader acts', [secondary, primary], 'a'],
  ['a bystander never acts', [{ ...secondary, role: 'bystander' }], undefined],
  ['a deputy acts when the leader has gone', [secondary], 'b'],
  ['and when the leader leaves', [{ ...primary, leaving: true }, secondary], 'b'],
  ['and when the leader hangs', [{ ...primary, silent: true }, secondary], 'b'],
  [
    'a leader that comes back acts again',
    [
      { ...primary, acting: false },
      { ...secondary, acting: true },
    ],
    'a',
  ],
  [
    'a bystander does not act in place of a leader that leaves',
    [
      { ...primary, leaving: true },
      { ...secondary, role: 'bystander' },
    ],
    'a',
  ],
  [
    'of two leaders the one that acts goes on',
    [
      { ...primary, acting: false },
      { ...secondary, role: 'leader', acting: true },
    ],
    'b',
  ],
  [
    'of two that do not, the primary',
    [
      { ...secondary, role: 'leader' },
      { ...primary, acting: false },
    ],
    'a',
  ],
  [
    'when all leave, the one that acts cleans up: the leader has handed over',
    [
      { ...secondary, leaving: true, acting: true },
      { ...primary, leaving: true, acting: false },
    ],
    'b',
  ],
  [
    'when all leave and none acts, the leader cleans up',
    [
      { ...secondary, leaving: true },
      { ...primary, leaving: true, acting: false },
    ],
    'a',
  ],
];
for (const [what, candidates, acting] of cases) {
  test(what, () => assert.equal(elect(candidates)?.instance, acting));
}

test('every process comes to the same answer, in whatever order it sees the others', () => {
  const candidate = fc.record({
    instance: fc.uuid(),
    slot: fc.constantFrom('primary' as const, 'secondary' as const),
    role: fc.constantFrom('leader' as const, 'deputy' as const, 'bystander' as const),
    acting: fc.boolean(),
    leaving: fc.boolean(),
    silent: fc.boolean(),
  });
  const some = fc.uniqueArray(candidate, { selector: ({ instance }) => instance, maxLength: 4 });
  fc.assert(
    fc.property(some, (candidates) => {
      assert.equal(elect([...candidates].reverse()), elect(candidates));
    }),
  );
});

test('what a process told, and how long ago it last showed a sign of life, make it a candidate', () => {
  const member = { instance: 'b', slot: 'secondary', leaving: false } as const;
  const told = { leader: false, informed: false, acting: false, holding: null, parts: [] };
  const base: Candidate = { ...member, role: 'bystander', acting: false, silent: false };
  assert.deepEqual(candidateOf({ ...member, silentFor: 500 }, undefined), base);
  assert.deepEqual(candidateOf({ ...member, silentFor: 501 }, told), { ...base, silent: true });
  for (const [change, expected] of [
    [{ informed: true }, { role: 'deputy' }],
    [{ leader: true }, { role: 'leader' }],
    [
      { leader: true, informed: true, acting: true },
      { role: 'leader', acting: true },
    ],
  ] as const)
    assert.deepEqual(candidateOf({ ...member, silentFor: 0 }, { ...told, ...change }), {
      ...base,
      ...expected,
    });
});
