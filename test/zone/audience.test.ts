// audience.test — which listeners share what is cached.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counters } from '../../src/counters.ts';
import type { Forwards } from '../../src/upstream/forward.ts';
import { makeAudiences } from '../../src/zone/audience.ts';
import { read } from '../corefile/reading.ts';

/** How many audiences an IPv4 and an IPv6 listener of one block have. */
function audiences(...lines: readonly string[]): number {
  const { plan } = read(`.:53 {\nbind 169.254.20.10 fd12::10 169.254.20.11\n${lines.join('\n')}\n}\n`);
  const parts = { forwards: {} as Forwards, counters: new Counters([]), vital: [] };
  const made = makeAudiences(plan, parts);
  assert.equal(made.at('169.254.20.10', 53), made.at('169.254.20.11', 53));
  assert.equal(made.at('169.254.20.10', 53) === made.at('fd12::10', 53), made.all.length === 1);
  return made.all.length;
}

test('listeners with the same zones share it, unless a step looks at the family of clients', () => {
  assert.equal(audiences('hosts absent'), 1);
  assert.equal(audiences('dns64'), 2);
  assert.equal(audiences('dns64 {', 'allow_ipv4', '}'), 1);
});
