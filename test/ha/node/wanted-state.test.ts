// wanted-state.test — each combination that may not do what was meant is told of, and no other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type WantedState, warningsOf } from '../../../ha/node/wanted-state.ts';
import { interfaceTypes, rulesKinds } from '../../../src/config.ts';

const addresses = ['169.254.20.10'];

function warnings(type: (typeof interfaceTypes)[number], rules: (typeof rulesKinds)[number], keep: boolean) {
  const wantedState: WantedState = {
    interface: { name: 'nodelocaldns', type },
    rules,
    addresses,
    port: 53,
    healthPorts: [],
    keep,
  };
  assert.match(
    warningsOf({ ...wantedState, addresses: [] }).join(),
    /^--leader has nothing to keep: [^,]*,[^,]*$/,
    'of loopback addresses nothing is kept',
  );
  return warningsOf(wantedState).map((text) => text.replace(/:.*/, ''));
}

test('what goes with the last instance and what stays', () => {
  for (const type of interfaceTypes)
    for (const rules of rulesKinds) {
      assert.deepEqual(warnings(type, rules, false), []);
      const fleeting = [
        ...(type === 'tun' ? ['--interface-type tun'] : []),
        ...(rules === 'nftables' ? ['--rules nftables'] : []),
      ];
      const kept = fleeting.length > 0 ? [`--keep-interface cannot keep ${fleeting.join(' and ')}`] : [];
      assert.deepEqual(warnings(type, rules, true), kept);
    }
});
