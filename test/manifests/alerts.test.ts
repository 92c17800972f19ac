// alerts.test — rules and dashboard ask for what a scrape has, and each rule has its section on the page. That a rule fires when it
// shall, promtool tests: npm run alerts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bindUdp, close, describe } from 'node-reuseport';
import type { NodeStatus, ServerCounters } from '../../src/status.ts';
import { failureReasons } from '../../src/status.ts';
import { headingsOf } from '../docs/page-checks.ts';
import { pageAt, sectionOf } from '../docs/pages.ts';
import { custodySample } from '../lab/custody-sample.ts';
import { emptyScrape } from '../lab/scrape.ts';
import { drills, shownIn } from './drills.ts';
import { readPromql } from './promql.ts';
import { findPromtool, testRules } from './promtool.ts';
import { askedInVain, dashboard, labelsIn, panels, rules, watched } from './watched.ts';

const page = pageAt('manifests/components/alerts/README.md');

const node: NodeStatus = {
  ...{
    leader: true,
    acting: true,
    dutyChanges: 0,
    interface: null,
    rules: 'iptables',
    reconciles: 0,
    seconds: 0,
  },
  ...{ changes: 0, warnings: { interface: [], rules: [] }, problems: { interface: null, rules: null } },
  errors: { iptables: 0, iptables_lock: 0, interface_add: 0, interface_check: 0, configmap: 0 },
  wanted: { interface: 2, rules: 9 },
  found: { interface: 2, rules: 9 },
};
const server: ServerCounters = {
  ...{ endpoint: '192.0.2.1:53', transport: 'udp', requests: 1, mismatches: 0, state: 'up', latencyMs: 1 },
  failures: Object.fromEntries(failureReasons.map((reason) => [reason, 0])) as ServerCounters['failures'],
  lastAnswerAt: 1,
};
const counters = {
  ...{ endpoint: '192.0.2.1:53', transport: 'udp' as const, durations: new Map(), durationSums: new Map() },
  ...{ healthcheckFailures: 0, connectionsReused: 0, connectionsOpened: 0 },
};

/** Of a leader that has a twin and a server, was asked once, and has lived for a second. */
async function wholeScrape(): Promise<string> {
  const udp = bindUdp({ address: '127.0.0.1', port: 0 });
  const { port } = describe(udp);
  const text = await emptyScrape({
    sockets: [{ address: '127.0.0.1', port, udp, tcp: udp, reserve: [] }] as never,
    custody: () => custodySample(),
    node: () => node,
    servers: () => [server],
    upstreamCounters: () => [counters],
    ports: () => [{ name: 'admin', served: true, failures: 0 }] as never,
  });
  close(udp);
  const asked = 'server="dns://127.0.0.1:53",zone=".",view="",proto="udp",family="1",type="A"';
  const ticked = 'coredns_health_request_duration_seconds_bucket{le="1"} 1';
  const limited = 'twindns_memory_bytes{kind="limit"} 1'; // which a machine of tests need not have
  return `${text}\ncoredns_dns_requests_total{${asked}} 1\n${ticked}\n${limited}\n`;
}
const known = labelsIn(await wholeScrape());

test('what no scrape has is found', () => {
  for (const [expr, count] of [
    ['sum by (node) (rate(coredns_dns_requests_total{job="a"}[5m]))', 0],
    ['twindns_no_such_thing > 0', 1],
    ['sum by (zones) (rate(coredns_dns_responses_total{zones="."}[5m]))', 2],
    ['histogram_quantile(0.5, sum by (le) (rate(coredns_dns_request_duration_seconds_count[5m])))', 1],
  ] as const)
    assert.equal(askedInVain(expr, known).length, count, expr);
});

test('rules and dashboard ask for series and labels that a scrape has', () => {
  assert.ok(rules.length > 12 && panels.length > 12);
  for (const [name, expr] of watched) assert.deepEqual(askedInVain(expr, known), [], name);
});

test('what CoreDNS has as well is asked of twindns alone, by the name that the chart changes', () => {
  const shared = /\b(?:(?:coredns|process)_\w+|up)(?!\w*\()(\{[^}]*\})?/g;
  for (const { alert, expr } of rules)
    for (const [found, matchers = ''] of expr.matchAll(shared))
      assert.match(matchers, /job="twindns"/, `${alert}: ${found}`);
});

test('each alert says what, where and what to do, and leads to its section of the page', () => {
  const sections = headingsOf(page.text);
  for (const { alert, labels, annotations } of rules) {
    assert.match(alert, /^Twindns([A-Z][a-z]+)+$/);
    assert.ok(['critical', 'warning', 'info'].includes(labels.severity), alert);
    assert.match(annotations.description, /\.$/, alert);
    assert.doesNotMatch(annotations.summary, /\.$/, alert);
    assert.match(annotations.summary, /\{\{ \$labels\.node \}\}/, alert);
    const [path, heading = ''] = annotations.runbook.split('#');
    assert.deepEqual([path, heading], [page.path, alert.toLowerCase()]);
    assert.ok(sections.includes(heading), alert);
    const section = sectionOf(page, alert);
    for (const word of ['Means:', 'Look:', 'Do:', 'On a healthy day:', 'Drill:'])
      assert.ok(section.includes(`**${word}**`), `${alert} lacks "${word}"`);
  }
  const ofAlerts = sections.filter((heading) => /^twindns\w/.test(heading));
  assert.deepEqual(
    ofAlerts,
    rules.map(({ alert }) => alert.toLowerCase()),
  );
});

test('what the page of metrics says to alert on has an alert', () => {
  const section = sectionOf(pageAt('src/admin/README.md'), 'What to alert on');
  const named = section.match(/\b(coredns|twindns)_\w+/g) ?? [];
  assert.ok(named.length > 4);
  const asked = rules.map(({ expr }) => expr).join('\n');
  for (const name of named) assert.ok(asked.includes(name), name);
});

test('panels lie beside each other, say what they show, and take their node and job from the lists above them', () => {
  const taken = new Set<string>();
  for (const { id, title, description, gridPos, targets } of panels) {
    assert.match(description, /\.$/, title);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.ok(x < 24 && !taken.has(`${x} ${y}`), `${title} lies on another`);
        taken.add(`${x} ${y}`);
      }
    assert.equal(panels.filter((one) => one.id === id).length, 1);
    for (const { expr } of targets) {
      const selectors = expr.match(/\{[^}]*\}/g) ?? [];
      assert.ok(selectors.length > 0, title);
      for (const one of selectors)
        assert.ok(one.startsWith('{job=~"$job",node=~"$node"'), `${title}: ${one}`);
    }
    for (const alert of description.match(/\bTwindns\w+/g) ?? [])
      assert.ok(
        rules.some((rule) => rule.alert === alert),
        `${title} names ${alert}`,
      );
  }
  const variables = dashboard.templating.list.map(({ name }) => name);
  assert.deepEqual(variables, ['datasource', 'job', 'node']);
  for (const { query } of dashboard.templating.list)
    for (const name of JSON.stringify(query).match(/\b(coredns|twindns)_\w+/g) ?? [])
      assert.ok(known.has(name), name);
});

test('each rule has a drill that fires it, and a quiet day fires none', (t) => {
  const fired = drills.flatMap(({ fires }) => fires);
  for (const { alert } of rules) assert.ok(fired.includes(alert), `no drill fires ${alert}`);
  for (const alert of fired)
    assert.ok(
      rules.some((rule) => rule.alert === alert),
      alert,
    );
  assert.throws(() => shownIn({ name: 'a', change: [['up', { slot: 'third' }, '1']], fires: [] }), /no up/);
  const asked = new Set(rules.flatMap(({ expr }) => readPromql(expr).series.map(({ name }) => name)));
  const shown = new Set(shownIn(drills[0]!).map(({ name }) => name));
  assert.deepEqual([...asked].sort(), [...shown].sort());
  const promtool = findPromtool(process.env);
  if (promtool === undefined)
    return t.diagnostic('no promtool here: no rule was tried. npm run alerts does where there is one');
  testRules(promtool, [drills[0]!]); // all of them take a minute: npm run alerts
  const wrong = { ...drills[0]!, fires: ['TwindnsAlone'] };
  assert.throws(() => testRules(promtool, [wrong]), /FAILED/);
});
