// misspelt.test — a variable that is almost one of ours is told, with the one that was meant; no other is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { misspelt } from '../../src/options/misspelt.ts';
import { runOptions } from '../../src/options/option-table.ts';

test('each slip is told with the variable that was meant', () => {
  for (const slip of [
    'TWINDNS_LSTEN',
    'TWINDNS_LISSTEN',
    'TWINDNS_LISTAN',
    'TWINDNS_LITSEN',
    'TWINDNS_LISTENS',
  ])
    assert.deepEqual(misspelt({ [slip]: '1' }), [
      `the variable ${slip} means nothing here; TWINDNS_LISTEN does`,
    ]);
});

test('nothing is said of those that are ours, of others, and of those that Kubernetes sets for Services', () => {
  const ours = runOptions.map(({ env }) => env);
  const ofServices = ['', '_CLUSTER_DNS', '_PRIMARY'].flatMap((name) =>
    ['SERVICE_HOST', 'SERVICE_PORT', 'SERVICE_PORT_DNS', 'PORT', 'PORT_53_UDP', 'PORT_53_UDP_ADDR'].map(
      (end) => `TWINDNS${name}_${end}`,
    ),
  );
  const others = ['PATH', 'LISTEN', 'TWINDNS', 'TWINDNS_', 'TWINDNS_SOMETHING_ELSE', 'TWINDNS_INSTANCES'];
  assert.deepEqual(
    misspelt(Object.fromEntries([...ours, ...ofServices, ...others].map((name) => [name, '1']))),
    [],
  );
});
