// rcode-names.test — response codes by name and number.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rcodeName, rcodeNames, rcodeNumber } from '../../src/message/rcode-names.ts';

test('response codes', () => {
  assert.deepEqual(['NOERROR', 'NXDOMAIN', 'BADVERS', 'nxdomain'].map(rcodeNumber), [0, 3, 16, undefined]);
  assert.deepEqual([3, 16, 12].map(rcodeName), ['NXDOMAIN', 'BADVERS', 'RCODE12']);
  assert.ok(rcodeNames.includes('REFUSED'));
});
