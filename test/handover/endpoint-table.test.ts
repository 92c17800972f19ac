// endpoint-table.test — places of endpoints are given once, in a known order at first, and are bounded.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EndpointTable, MOST_ENDPOINTS } from '../../src/handover/endpoint-table.ts';
import { endpointsAt } from '../lab/endpoints.ts';

const at = (...addresses: string[]) => endpointsAt(addresses, 53);

test('the first have the order of their texts, and what comes later comes behind them', () => {
  const table = new EndpointTable(at('b', 'a', 'b'), 53);
  assert.deepEqual(table.all, at('a', 'b'));
  assert.equal(table.add(at('b', 'a')), false);
  assert.equal(table.add(at('0', 'b')), true);
  assert.deepEqual(
    at('a', '0', 'c').map((one) => table.indexOf(one)),
    [0, 2, 3],
  );
  assert.equal(table.find({ address: 'd', port: 53 }), -1);
});

test('those at other ports come behind, as a version that knows of addresses alone counts what it is shown', () => {
  const table = new EndpointTable([...endpointsAt(['a', 'b'], 1053), ...at('10.0.0.10', '10.0.0.1')], 53);
  assert.deepEqual(table.all, [...at('10.0.0.1', '10.0.0.10'), ...endpointsAt(['a', 'b'], 1053)]);
  assert.equal(table.find({ address: 'a', port: 53 }), -1, 'an address at another port is another endpoint');
});

test('of those that another process names there is a bound', () => {
  const table = new EndpointTable(at('a'), 53);
  table.add(at(...Array.from({ length: 1000 }, (_, i) => String(i))));
  assert.equal(table.all.length, MOST_ENDPOINTS);
  assert.equal(table.add(at('more')), false);
});
