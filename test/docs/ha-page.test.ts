// ha-page.test — the line of time and the states on the page of ha are those of the code.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as timing from '../../ha/timing.ts';
import { readText, repositoryFiles } from '../repository/files.ts';
import { memberProblems, numbersIn, timeProblems, wordsOfType } from './declared.ts';
import { pageAt, sectionOf } from './pages.ts';

const page = pageAt('ha/README.md');
const time = sectionOf(page, 'The line of time');
const states = sectionOf(page, 'States');

test('a time that is missing or another one is found', () => {
  const times = { BEAT_EVERY: 10, REDIAL: { primary: 1000, secondary: 1370 } };
  assert.deepEqual(timeProblems('BEAT_EVERY 10: … REDIAL primary 1000, secondary 1370', times), []);
  assert.equal(timeProblems('BEAT_EVERY 100: … REDIAL primary 1000', times).length, 2);
  assert.deepEqual(numbersIn('A_B 10: and LONG 2000, SIGTERM, 4 s'), [
    ['A_B', 10],
    ['LONG', 2000],
  ]);
});

test('every time of the pair is on the line of time', () => {
  assert.ok(Object.keys(timing).length > 20);
  assert.deepEqual(timeProblems(time, timing), []);
});

test('every number on the line of time is that of a constant', () => {
  const sources = repositoryFiles().filter((path) => /^(src|ha)\/.*\.ts$/.test(path));
  const code = sources.map(readText).join('\n');
  assert.deepEqual(
    numbersIn(time).filter(
      ([name, value]) => !new RegExp(`\\bconst ${name} = ${spelled(value)};`).test(code),
    ),
    [],
  );
});

test('a state that is not drawn is found', () => {
  assert.deepEqual(wordsOfType("export type A = 'b' | 'c';\n", 'A'), ['b', 'c']);
  assert.throws(() => wordsOfType("type B = 'c';\n", 'A'), /no type A/);
  assert.equal(memberProblems('b ──► d', ['b', 'c']).length, 1);
});

for (const [file, type] of [
  ['ha/peers/peer.ts', 'PeerState'],
  ['ha/peers/failure-detector.ts', 'Health'],
] as const)
  test(`every ${type} is drawn`, () => {
    assert.deepEqual(memberProblems(states, wordsOfType(readText(file), type)), []);
  });

test('every state of a connection record is drawn', () => {
  const [, declared = ''] = readText('src/handover/arena-words.ts').split('/** STATE of a record. */');
  const names = [...declared.matchAll(/^export const ([A-Z]+) = \d+;$/gm)].map(([, name]) => name!);
  assert.equal(names.length, 4);
  assert.deepEqual(memberProblems(states, names), []);
});

/** As the sources may write a number: 6000 or 6_000. */
function spelled(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '_?');
}
