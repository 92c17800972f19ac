// verdict.test — whatever may not be is a fault of our pair, and a control that shows no loss is one of the load.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Findings, verdict } from '../../chaos/verdict.ts';

const clean = { sent: 1000, once: 1000, twice: 0, wrong: 0, never: 0, late: 0, p50: 1, p999: 2, worst: 3 };
const fates = { opened: 10, reset: 0, cut: 0, closed: 0, refused: 0, why: new Map() };
const good: Findings = {
  ...{
    expects: 'no loss',
    disasters: 3,
    udp: clean,
    tcp: clean,
    fates,
    strays: 0,
    kernelDrops: 0,
    listenDrops: 0,
  },
  ...{ delay: { ms: 50, share: 0.001 }, figures: [], further: [] },
};

test('a pair that answered everything in time has held', () => {
  assert.deepEqual(verdict(good), []);
  assert.deepEqual(verdict({ ...good, udp: { ...clean, twice: 5, late: 1 } }), []);
  assert.deepEqual(
    verdict({ ...good, figures: [{ what: 'p99 of cached names', value: 20, unit: 'ms', most: 20 }] }),
    [],
  );
});

test('each thing that may not be is a fault', () => {
  const bad: Partial<Findings>[] = [
    { udp: { ...clean, never: 1 } },
    { tcp: { ...clean, never: 1 } },
    { udp: { ...clean, wrong: 1 } },
    { tcp: { ...clean, wrong: 1 } },
    { udp: { ...clean, late: 2 } },
    { tcp: { ...clean, late: 2 } },
    { udp: { ...clean, late: 1 }, delay: { ms: 250, share: 0 } },
    { udp: { ...clean, sent: 0 } },
    { fates: { ...fates, reset: 1 } },
    { fates: { ...fates, cut: 1 } },
    { fates: { ...fates, refused: 1 } },
    { strays: 1 },
    { kernelDrops: 1 },
    { listenDrops: 1 },
    { disasters: 0 },
    { figures: [{ what: 'p99 of cached names', value: 21, unit: 'ms', most: 20 }] },
    { figures: [{ what: 'p99 of cached names', value: Number.NaN, unit: 'ms', most: 20 }] },
    { further: ['Something else.'] },
  ];
  for (const change of bad) assert.equal(verdict({ ...good, ...change }).length, 1, JSON.stringify(change));
  assert.match(
    verdict({ ...good, udp: { ...clean, never: 1234 } })[0]!,
    /^1,234 queries over UDP were never answered/,
  );
});

test('a control has to show a loss over each transport; it is not blamed for what it shows', () => {
  const lossy = { ...clean, never: 1 };
  const control: Findings = { ...good, expects: 'loss', udp: lossy, tcp: lossy };
  assert.deepEqual(verdict(control), []);
  assert.deepEqual(verdict({ ...control, udp: { ...clean, wrong: 1 } }), []);
  for (const fate of ['reset', 'cut'])
    assert.deepEqual(verdict({ ...control, tcp: clean, fates: { ...fates, [fate]: 1 } }), []);
  assert.deepEqual(verdict({ ...control, tcp: { ...clean, sent: 0 } }), []);
  for (const transport of ['udp', 'tcp'])
    assert.match(verdict({ ...control, [transport]: clean })[0]!, /blind/);
  assert.equal(verdict({ ...control, further: ['It could not be struck.'] }).length, 1);
  const overTcp: Findings = { ...control, expects: 'loss over TCP' };
  assert.deepEqual(verdict({ ...overTcp, udp: clean }), []);
  assert.match(verdict({ ...overTcp, tcp: clean })[0]!, /blind/);
});

test('delays make a control see only where none were allowed: a busy machine makes some of its own', () => {
  const slow = { ...clean, late: 10 };
  const control: Findings = { ...good, expects: 'loss', udp: slow, tcp: slow };
  assert.equal(verdict(control).length, 2);
  assert.deepEqual(verdict({ ...control, delay: { ms: 250, share: 0 } }), []);
});

test('what is only shown is blamed for nothing but not being struck', () => {
  const shown: Findings = { ...good, expects: 'shown', udp: { ...clean, never: 500 }, strays: 1 };
  assert.deepEqual(verdict(shown), []);
  assert.equal(verdict({ ...shown, disasters: 0 }).length, 1);
});
