// rules-of-others.test — rules for addresses that others put on the node are there while the addresses are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeError } from '../../../ha/node/node-part.ts';
import { RulesOfOthers } from '../../../ha/node/rules-of-others.ts';
import { PretendedPart } from '../../lab/pretended-part.ts';

test('none while an address is missing; what is left goes once; set when it is there', async () => {
  const happened: string[] = [];
  let absent: string[] = ['10.9.9.9'];
  const rules = new RulesOfOthers(
    new PretendedPart('rules', undefined, { happened, failures: {} }),
    [],
    () => absent,
  );
  for (let look = 0; look < 2; look++)
    await assert.rejects(rules.observe(), (error: unknown) => {
      assert.ok(error instanceof NodeError && error.passing && error.kind === 'interface_check');
      assert.match(error.message, /^No rules are set while this machine does not have 10\.9\.9\.9: /);
      return true;
    });
  assert.deepEqual(happened, ['remove rules']);
  absent = [];
  await rules.apply(await rules.observe());
  assert.deepEqual(happened, ['remove rules', 'make rules']);
  absent = ['10.9.9.9'];
  await assert.rejects(rules.observe());
  assert.deepEqual(happened, ['remove rules', 'make rules', 'remove rules']);
});
