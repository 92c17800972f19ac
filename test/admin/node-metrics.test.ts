// node-metrics.test — what a scrape tells of the interface and the rules.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { exposedBy } from '../../src/admin/copied-metrics.ts';
import { exposition } from '../../src/admin/exposition.ts';
import { registerNodeMetrics } from '../../src/admin/node-metrics.ts';
import { Counters } from '../../src/counters.ts';
import type { NodeStatus, ResolverStatus } from '../../src/status.ts';
import { noStalls } from '../lab/nothing.ts';

async function scraped(node: NodeStatus | undefined): Promise<string[]> {
  const registry = new Registry();
  registerNodeMetrics(registry, {
    counters: new Counters([]),
    status: () => ({}) as ResolverStatus,
    sockets: [],
    listeners: () => [],
    upstreamCounters: () => [],
    stalls: noStalls,
    servers: () => [],
    custody: () => ({ enabled: false }),
    ports: () => [],
    node: () => node,
  });
  return (await exposition(exposedBy(registry)))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

test('duty, errors by kind, wanted and found by part, and what looking costs are told', async () => {
  const lines = await scraped({
    leader: true,
    acting: true,
    dutyChanges: 3,
    interface: { name: 'nodelocaldns', type: 'dummy' },
    rules: 'iptables',
    reconciles: 7,
    seconds: 0.5,
    changes: 2,
    errors: { iptables: 1, iptables_lock: 4, interface_add: 0, interface_check: 0, configmap: 0 },
    warnings: { interface: [], rules: [] },
    wanted: { interface: 2, rules: 24 },
    found: { interface: 2, rules: 23 },
    problems: { interface: null, rules: null },
  });
  assert.deepEqual(lines, [
    'coredns_nodecache_setup_errors_total{errortype="iptables"} 1',
    'coredns_nodecache_setup_errors_total{errortype="iptables_lock"} 4',
    'coredns_nodecache_setup_errors_total{errortype="interface_add"} 0',
    'coredns_nodecache_setup_errors_total{errortype="interface_check"} 0',
    'coredns_nodecache_setup_errors_total{errortype="configmap"} 0',
    'twindns_leader 1',
    'twindns_leader_changes_total 3',
    'twindns_node_wanted{part="interface"} 2',
    'twindns_node_wanted{part="rules"} 24',
    'twindns_node_found{part="interface"} 2',
    'twindns_node_found{part="rules"} 23',
    'twindns_node_reconciles_total 7',
    'twindns_node_reconcile_seconds_total 0.5',
    'twindns_node_changes_total 2',
  ]);
});

test('where nobody sees to them every kind of error is 0 and nobody leads', async () => {
  const lines = await scraped(undefined);
  assert.equal(lines.filter((line) => / 0$/.test(line) && line.includes('errortype')).length, 5);
  assert.ok(lines.includes('twindns_leader 0'));
});
