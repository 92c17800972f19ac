// monitoring.test — monitors find the instances and nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readYaml, resourcesOf } from '../../chaos/cluster/manifests.ts';
import { isDaemonSet, isService, type Labels } from '../../chaos/cluster/shapes.ts';

interface Selector {
  readonly matchLabels: Labels;
  readonly matchExpressions?: readonly { key: string; operator: string; values: readonly string[] }[];
}
interface Relabeling {
  readonly sourceLabels: readonly string[];
  readonly targetLabel: string;
  readonly regex?: string;
  readonly replacement?: string;
}
interface Monitor {
  readonly spec: {
    readonly selector: Selector;
    readonly jobLabel: string;
    readonly endpoints?: readonly { port: string; relabelings: readonly Relabeling[] }[];
    readonly podMetricsEndpoints?: readonly { relabelings: readonly Relabeling[] }[];
  };
}

const base = resourcesOf('manifests/base');
const read = (name: string) => readYaml(`manifests/components/${name}/${name}.yaml`);

function selects({ matchLabels, matchExpressions = [] }: Selector, labels: Labels = {}): boolean {
  const isOne = ({ key, operator, values }: (typeof matchExpressions)[number]) =>
    operator === 'In' && values.includes(labels[key] ?? '');
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(isOne)
  );
}

test('the monitor of Services selects those of both slots, at a port they have', () => {
  const { selector, endpoints, jobLabel } = (read('service-monitor') as Monitor).spec;
  const found = base.filter(isService).filter(({ metadata }) => selects(selector, metadata.labels));
  assert.deepEqual(
    found.map(({ metadata }) => metadata.name),
    ['twindns-primary', 'twindns-secondary'],
  );
  for (const { metadata, spec } of found) {
    assert.equal(metadata.labels![jobLabel], 'twindns');
    assert.deepEqual(
      spec.ports.map((port) => (port as { name?: string }).name),
      endpoints!.map(({ port }) => port),
    );
  }
});

test('the monitor of pods selects both slots, and makes their address of what the pods say', () => {
  const { selector, podMetricsEndpoints } = (read('pod-monitor') as Monitor).spec;
  const [{ relabelings }] = podMetricsEndpoints as [{ relabelings: Relabeling[] }];
  const { sourceLabels, regex, replacement } = relabelings.find(
    ({ targetLabel }) => targetLabel === '__address__',
  )!;
  for (const { spec } of base.filter(isDaemonSet)) {
    const { labels, annotations = {} } = spec.template.metadata;
    assert.ok(selects(selector, labels));
    const known: Labels = {
      __meta_kubernetes_pod_host_ip: '192.0.2.7',
      __meta_kubernetes_pod_annotation_prometheus_io_port: annotations['prometheus.io/port']!,
    };
    const joined = sourceLabels.map((label) => known[label]).join(';');
    assert.match(joined.replace(new RegExp(`^${regex}$`), replacement!), /^192\.0\.2\.7:925[34]$/);
  }
});
