// watched — what Prometheus and Grafana are told to ask an instance for: rules, and the queries of the dashboard.

import { readYaml } from '../../chaos/cluster/manifests.ts';
import { readPromql } from './promql.ts';

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
}
export interface Panel {
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}
interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { name: string; type: string; query: unknown }[] };
}
interface RuleObject {
  readonly spec: { readonly groups: readonly { name: string; rules: readonly AlertRule[] }[] };
}

export const { groups } = (readYaml('manifests/components/alerts/alerts.yaml') as RuleObject).spec;
export const rules = groups.flatMap((group) => group.rules);

const map = readYaml('manifests/components/dashboard/dashboard.yaml') as {
  data: Readonly<Record<string, string>>;
};
export const dashboard = JSON.parse(map.data['twindns.json']!) as Dashboard;
export const { panels } = dashboard;
/** As Grafana sends them. */
export const queries = panels.flatMap(({ title, targets }) =>
  targets.map(({ expr }) => ({ title, expr: expr.replaceAll('$__rate_interval', '5m') })),
);

/** All that is evaluated, by the name of what it is for. */
export const watched: readonly (readonly [name: string, expr: string])[] = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...queries.map(({ title, expr }) => [title, expr] as const),
];

/** Given by the monitors, and by Prometheus itself. */
const added = ['job', 'instance', 'node', 'slot'];

/** By name of a series, which labels it has; `up` is made by Prometheus. @param scrape the text of one */
export function labelsIn(scrape: string): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>([['up', new Set(added)]]);
  for (const [, name, labels = ''] of scrape.matchAll(/^([a-z]\w+)(?:\{(.*)\})? \S+$/gm)) {
    const known = found.get(name!) ?? new Set(added);
    for (const [, label] of labels.matchAll(/(?:^|,)([a-z]\w*)="(?:[^"\\]|\\.)*"/g)) known.add(label!);
    found.set(name!, known);
  }
  return found;
}

/** Series that no scrape has, and labels that they have not; throws where an expression cannot be read. */
export function askedInVain(expr: string, known: ReturnType<typeof labelsIn>): string[] {
  const { series, groupings } = readPromql(expr);
  const ofSeries = series.flatMap(({ name, labels }) => {
    const its = known.get(name);
    if (its === undefined) return [`no scrape has ${name}`];
    return labels.filter((label) => !its.has(label)).map((label) => `${name} has no label ${label}`);
  });
  const ofGroupings = groupings.flatMap(({ labels, series: inside }) =>
    inside.flatMap(({ name }) =>
      labels
        .filter((label) => known.get(name)?.has(label) === false)
        .map((label) => `${name} is summed by ${label}, which it has not`),
    ),
  );
  return [...new Set([...ofSeries, ...ofGroupings])];
}
