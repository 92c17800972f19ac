// rules-part.test — what goes beside the rules of one kind never keeps those from being there, and what another kind left goes last.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeError } from '../../../ha/node/node-part.ts';
import { type Beside, RulesPart } from '../../../ha/node/rules-part.ts';
import { PretendedPart, type Story } from '../../lab/pretended-part.ts';

function start(given: { readonly rows?: readonly string[]; readonly onlooker?: boolean } = {}) {
  const story: Story = { happened: [], failures: {} };
  const beside: Story = { happened: story.happened, failures: {} };
  const own = new PretendedPart('rules', undefined, story);
  const table = new PretendedPart('interface', undefined, beside);
  let rows = given.rows ?? [];
  const leftRows: Beside['leftRows'] = {
    left: async () => rows,
    remove: async () => {
      story.happened.push('remove rows');
      const removed = rows;
      rows = [];
      return removed;
    },
  };
  const part = new RulesPart(
    own,
    { hostClients: table, ...(given.rows === undefined ? {} : { leftRows }) },
    given.onlooker,
  );
  const apply = async () => part.apply(await part.observe());
  return { part, apply, happened: story.happened, failures: beside.failures };
}

test('what another kind left goes once the new rules are in place, and is not looked for again', async () => {
  const { part, apply, happened } = start({ rows: ['row'] });
  const { plan, found, wanted } = await part.observe();
  assert.deepEqual([wanted, found, plan], [['it', 'it'], ['row'], ['+ it', '+ it', '- row']]);
  await apply();
  assert.deepEqual(happened, ['make rules', 'make interface', 'remove rows']);
  assert.deepEqual((await part.observe()).plan, []);
  assert.deepEqual(await part.remove(), ['it', 'it']);
});

test('a table that cannot be had leaves the rules as they are, a warning, and is given up for good', async () => {
  const { part, apply, happened, failures } = start();
  failures.interface = [new NodeError('iptables', 'no tables here.')];
  await apply();
  assert.deepEqual(happened, ['make rules']);
  assert.match(
    part.warnings.join(),
    /^clients in the host network are answered by the cluster DNS.*: no tables here\.$/,
  );
  assert.deepEqual((await part.observe()).wanted, ['it']);
});

test('a table that another process holds for a moment is tried again, and then there is no warning', async () => {
  const { part, apply, happened, failures } = start();
  failures.interface = [new NodeError('iptables', 'held.', { passing: true })];
  await apply();
  assert.equal(part.warnings.length, 1);
  await apply();
  assert.deepEqual([part.warnings, happened], [[], ['make rules', 'make interface']]);
});

test('an onlooker misses no table that only running instances have', async () => {
  const { part } = start({ onlooker: true });
  assert.deepEqual((await part.observe()).wanted, ['it']);
});
