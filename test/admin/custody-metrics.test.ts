// custody-metrics.test — what twins tell of each other comes out under names and labels that add up.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import Registry from 'prom-client/lib/registry.js';
import { exposedBy } from '../../src/admin/copied-metrics.ts';
import { registerCustodyMetrics } from '../../src/admin/custody-metrics.ts';
import { exposition } from '../../src/admin/exposition.ts';
import { Counters } from '../../src/counters.ts';
import type { CustodyStatus, ResolverStatus } from '../../src/status.ts';
import { custodySample } from '../lab/custody-sample.ts';
import { noStalls } from '../lab/nothing.ts';

/** The lines of a scrape that tell of twins. */
async function scraped(custody: CustodyStatus): Promise<string[]> {
  const registry = new Registry();
  const status = () => ({ slot: 'secondary', tcpConnections: 2 }) as ResolverStatus;
  const counters = new Counters([]);
  registerCustodyMetrics(registry, {
    counters,
    status,
    sockets: [],
    listeners: () => [],
    upstreamCounters: () => [],
    stalls: noStalls,
    servers: () => [],
    custody: () => custody,
    ports: () => [],
    node: () => undefined,
  });
  return (await exposition(exposedBy(registry)))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

test('every number of custody is told, takeovers by reason and fills by outcome', async () => {
  assert.deepEqual(await scraped(custodySample()), [
    'twindns_custody_enabled 1',
    'twindns_custody_channel_obstructed 0',
    'twindns_pair_problem{problem="addresses"} 0',
    'twindns_pair_problem{problem="settings"} 0',
    'twindns_pair_problem{problem="channel"} 0',
    'twindns_pair_problem{problem="slot"} 0',
    'twindns_twin_seen 1',
    'twindns_alone_seconds_total 19',
    'twindns_twin_settings_match{setting="cluster-domain"} 0',
    'twindns_twin_settings_match{setting="upstream"} 1',
    'twindns_twin_info{slot="primary",version="9"} 1',
    'twindns_twin_beat_age_seconds{slot="primary"} 0.008',
    'twindns_custody_slot_sockets_read{slot="primary"} 1',
    'twindns_custody_slot_sockets_read{slot="secondary"} 1',
    'twindns_custody_held_connections 5',
    'twindns_custody_held_answer_bytes 17',
    'twindns_custody_untold_connections 6',
    'twindns_custody_takeovers_total{reason="died"} 11',
    'twindns_custody_takeovers_total{reason="left"} 12',
    'twindns_custody_takeovers_total{reason="stuck"} 13',
    'twindns_custody_takeover_seconds_total 0.25',
    'twindns_custody_stolen_total 14',
    'twindns_custody_torn_connections_total 15',
    'twindns_custody_refused_callers_total 7',
    'twindns_fills_total{direction="out",outcome="sent"} 30',
    'twindns_fills_total{direction="out",outcome="dropped"} 31',
    'twindns_fills_total{direction="in",outcome="taken"} 32',
    'twindns_fills_total{direction="in",outcome="known"} 8',
    'twindns_fills_total{direction="in",outcome="rejected"} 34',
  ]);
});

test('a channel that something stands in the way of is told', async () => {
  const lines = await scraped(custodySample({ channelProblem: '/run/twindns is no directory' }));
  assert.ok(lines.includes('twindns_custody_channel_obstructed 1'));
});

test('a twin that does not serve, has not worked for 5 s, or has our own slot, is not seen', async () => {
  const [twin] = custodySample().twins;
  for (const change of [{ serving: false }, { slot: 'secondary' as const }, { beatAgeMs: 5000 }]) {
    const lines = await scraped(custodySample({ twins: [{ ...twin!, ...change }] }));
    assert.ok(lines.includes('twindns_twin_seen 0'));
  }
});

test('without custody an instance reads its own sockets, and that is all there is to say', async () => {
  const told = (await scraped({ enabled: false })).filter((line) => !/_total 0$/.test(line));
  assert.deepEqual(told, [
    'twindns_custody_enabled 0',
    'twindns_custody_channel_obstructed 0',
    ...['addresses', 'settings', 'channel', 'slot'].map((one) => `twindns_pair_problem{problem="${one}"} 0`),
    'twindns_twin_seen 0',
    'twindns_custody_slot_sockets_read{slot="primary"} 0',
    'twindns_custody_slot_sockets_read{slot="secondary"} 1',
    'twindns_custody_held_connections 0',
    'twindns_custody_held_answer_bytes 0',
    'twindns_custody_untold_connections 2',
  ]);
});
