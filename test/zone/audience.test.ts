// audience.test — which listeners share what is cached.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counters, MOST_ZONES } from '../../src/counters.ts';
import { atOnce } from '../../src/pieces.ts';
import type { Forwards } from '../../src/upstream/forward.ts';
import { type Audiences, makeAudiences } from '../../src/zone/audience.ts';
import { read } from '../corefile/reading.ts';

/** How many audiences an IPv4 and an IPv6 listener of one block have. */
function audiences(...lines: readonly string[]): number {
  const { plan } = read(`.:53 {\nbind 169.254.20.10 fd12::10 169.254.20.11\n${lines.join('\n')}\n}\n`);
  const parts = { forwards: {} as Forwards, counters: new Counters([]), vital: [] };
  const made = atOnce(makeAudiences(plan, parts));
  assert.equal(made.at('169.254.20.10', 53), made.at('169.254.20.11', 53));
  assert.equal(made.at('169.254.20.10', 53) === made.at('fd12::10', 53), made.all.length === 1);
  return made.all.length;
}

test('listeners with the same zones share it, unless a step looks at the family of clients', () => {
  assert.equal(audiences('hosts absent'), 1);
  assert.equal(audiences('dns64'), 2);
  assert.equal(audiences('dns64 {', 'allow_ipv4', '}'), 1);
});

test('a listener that the plan does not know has what all others at its port have, and nothing where they differ', () => {
  const at = (text: string) => {
    const { plan } = read(text);
    return atOnce(makeAudiences(plan, { forwards: {} as Forwards, counters: new Counters([]), vital: [] }));
  };
  const block = (key: string, bind: string) => `${key} {\n    bind ${bind}\n    hosts absent\n}\n`;
  const one = at(block('.:53', '10.0.0.1'));
  assert.equal(one.at('10.0.0.9', 1053), one.all[0], 'there is nothing else to say');
  const split = at(block('.:53', '10.0.0.1') + block('.:53', '10.0.0.2') + block('a.test:1053', '10.0.0.1'));
  assert.equal(split.at('10.0.0.9', 1053), split.at('10.0.0.1', 1053));
  for (const [address, port] of [
    ['10.0.0.9', 53],
    ['fd12::9', 1053],
    ['10.0.0.1', 2053],
  ] as const) {
    const nobody = split.at(address, port);
    assert.deepEqual([nobody.zones, nobody.find('\0', 1)], [[], undefined]);
    assert.equal(
      split.all.some(({ index }) => index === nobody.index),
      false,
    );
  }
});

test('zones that come and go have the places of those that are no more: plan after plan is taken', () => {
  const counters = new Counters([]);
  const parts = { forwards: {} as Forwards, counters, vital: [] };
  let made: Audiences | undefined;
  const take = (name: string) => {
    const { plan } = read(`. stays.test ${name}.test {\n    hosts absent\n}\n`);
    made = atOnce(makeAudiences(plan, parts, made)).begin(1);
    const indices = made.all[0]!.zones.map(({ index }) => index);
    assert.equal(new Set([...indices, counters.dropped, counters.probes]).size, 5);
    for (const { index, name } of made.all[0]!.zones) assert.equal(counters.zones[index]!.zone, name);
    return made.all[0]!.zones.find((zone) => zone.name === `${name}.test.`)!.index;
  };
  const first = take('n0');
  for (let i = 1; i < 20; i++) take(`n${i % 4}`);
  assert.equal(counters.zones.length, 2 + 2 + 4);
  assert.equal(take('n0'), first, 'it is counted where it was');
  for (let i = 0; i < 400; i++) take(`other${i}`);
  assert.ok(counters.zones.length < MOST_ZONES / 10, `${counters.zones.length} places`);
});
