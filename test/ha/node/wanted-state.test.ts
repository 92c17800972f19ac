// wanted-state.test — each combination that may not do what was meant is told of, and no other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  differences,
  servedAddresses,
  type WantedState,
  wantedStateOf,
  warningsOf,
} from '../../../ha/node/wanted-state.ts';
import { interfaceTypes, rulesKinds } from '../../../src/config.ts';
import { configAt } from '../../lab/resolver.ts';

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

test('what the listeners ask for: addresses at the pair’s port, other ports, and what no flag names', () => {
  const listeners = [
    { address: '127.0.0.1', port: 53 },
    { address: '169.254.20.10', port: 53 },
    { address: '169.254.20.10', port: 1053 },
    { address: '10.0.0.1', port: 1053 },
  ];
  const config = { ...configAt({ listen: ['169.254.20.10'], port: 53 }), listeners };
  const { addresses, port, further, elsewhere } = wantedStateOf(config);
  assert.deepEqual(
    { addresses, port, further, elsewhere },
    {
      addresses: ['169.254.20.10'],
      port: 53,
      further: listeners.slice(2),
      elsewhere: ['10.0.0.1'],
    },
  );
  const byFlags = wantedStateOf({ ...config, listeners: listeners.slice(0, 2) });
  assert.ok(!('further' in byFlags) && !('elsewhere' in byFlags), 'as an earlier version tells it');
  assert.deepEqual(differences(byFlags, wantedStateOf(config)), ['--listen']);
  assert.deepEqual(servedAddresses(wantedStateOf(config)), ['169.254.20.10', '10.0.0.1']);
});
