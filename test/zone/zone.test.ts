// zone.test — the longest suffix wins, on label borders; a block says what is kept of its zones, and which forward takes a name.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from '../../src/cache/entry.ts';
import { wireSuffix } from '../../src/message/name.ts';
import { flagsPlan } from '../../src/options/flags-plan.ts';
import type { CachePlan } from '../../src/plan/cache-plan.ts';
import type { ForwardPlan } from '../../src/plan/forward-plan.ts';
import { Forward } from '../../src/upstream/forward.ts';
import { Audience } from '../../src/zone/audience.ts';
import { Zone } from '../../src/zone/zone.ts';
import { labConfig } from '../lab/resolver.ts';

const { block } = flagsPlan({ ...labConfig, clusterDns: [] }).listeners[0]!.zones[0]!;

function zoneOf(
  suffix: string,
  index = 0,
  cache?: Partial<CachePlan>,
  forwards: Partial<ForwardPlan>[] = [{}],
) {
  const plan = { ...block, cache: { ...block.cache!, ...cache } };
  const made = forwards.map((forward) => new Forward({ ...block.forwards[0]!, ...forward }, []));
  return new Zone(index, { suffix, block: plan }, made, false);
}

const keyOf = (name: string) => `${wireSuffix(name)}\0\x01\0`;
const lengthOf = (name: string) => wireSuffix(name).length;

test('the longest suffix of a name is its zone', () => {
  const zones = new Audience(
    0,
    ['a.example', 'example', 'b.a.example'].map((suffix, i) => zoneOf(suffix, i)),
  );
  const find = (name: string) => zones.find(keyOf(name), lengthOf(name))?.name;
  assert.deepEqual(
    ['example', 'x.example', 'a.example', 'xa.example', 'c.b.a.example', 'notexample', ''].map(find),
    ['example.', 'example.', 'a.example.', 'example.', 'b.a.example.', undefined, undefined],
  );
});

test('DS of a zone is asked of its parent, where there is one', () => {
  const zones = new Audience(
    0,
    ['a.example', 'example', 'other'].map((suffix, i) => zoneOf(suffix, i)),
  );
  const ds = (name: string) => zones.find(`${wireSuffix(name)}\0\x2b\0`, lengthOf(name))?.name;
  assert.deepEqual(['a.example', 'b.a.example', 'other'].map(ds), ['example.', 'a.example.', 'other.']);
});

test('the first forward that takes a name has it', () => {
  const zone = zoneOf('', 0, {}, [{ from: '', except: ['local.example'] }, { from: 'www.local.example' }]);
  const found = (name: string) => {
    const forward = zone.forwardOf(keyOf(name), lengthOf(name));
    return forward === undefined ? undefined : zone.forwards.indexOf(forward);
  };
  assert.deepEqual(
    ['example', 'notlocal.example', 'local.example', 'www.local.example', 'a.www.local.example'].map(found),
    [0, 0, undefined, 1, 1],
  );
});

test('an answer is kept where the block keeps its name and kind', () => {
  const entry = (kind: Entry['kind'], name: string) => ({ kind, nameLength: lengthOf(name) }) as Entry;
  const kept = (zone: Zone, kind: Entry['kind'], name: string) => zone.keeps(entry(kind, name), keyOf(name));
  const some = zoneOf('', 0, { zones: ['a.example'], disabled: { success: ['x.a.example'], denial: [''] } });
  assert.deepEqual(
    [
      kept(some, 'success', 'a.example'),
      kept(some, 'success', 'example'),
      kept(some, 'success', 'y.x.a.example'),
      kept(some, 'denial', 'a.example'),
      kept(some, 'failure', 'a.example'),
    ],
    [true, false, false, false, true],
  );
  const judgedFor = (name: string) => some.judgedFor(keyOf(name), lengthOf(name)).cache;
  assert.equal(judgedFor('x.a.example'), some.cache);
  assert.equal(judgedFor('example'), undefined, 'its TTLs are as they come');
});
