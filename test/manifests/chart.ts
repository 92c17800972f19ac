// chart — the Helm chart: what its values are, what Helm makes of them, and what kustomize makes in their place.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { composed } from '../../chaos/cluster/manifests.ts';
import { readText, root } from '../repository/files.ts';
import { components, wholes } from './manifests.ts';

export const chartFolder = 'manifests/chart';

export const values = parse(readText(`${chartFolder}/values.yaml`)) as Values & {
  readonly overlays: Readonly<Record<string, boolean>>;
};

export interface Values {
  readonly [name: string]: unknown;
}

/** A switch of the chart, and what of kustomize it stands for. */
export interface Switch {
  /** As `--set` takes it. */
  readonly path: string;
  /** A component, or an overlay. */
  readonly folder: string;
}

/** Of `overlays` by their names, and the objects of the Prometheus Operator. */
export const switches: readonly Switch[] = [
  ...Object.keys(values.overlays).map((name) => ({ path: `overlays.${name}`, folder: folderOf(name) })),
  { path: 'metrics.serviceMonitor.enabled', folder: 'manifests/components/service-monitor' },
  { path: 'metrics.podMonitor.enabled', folder: 'manifests/components/pod-monitor' },
  { path: 'metrics.alerts.enabled', folder: 'manifests/components/alerts' },
  { path: 'metrics.dashboard.enabled', folder: 'manifests/components/dashboard' },
];

/** The program of $HELM, or the first on the PATH; undefined where there is none. */
export function findHelm(env: NodeJS.ProcessEnv): string | undefined {
  const onPath = (env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'helm'));
  return [...(env.HELM === undefined ? [] : [env.HELM]), ...onPath].find((path) => existsSync(path));
}

/** @param set what `--set` takes; all objects, comparable */
export function renderedByHelm(helm: string, set: readonly string[] = []): Objects {
  const args = ['template', 'twindns', chartFolder, '--namespace=kube-system', '--kube-version=1.33.0'];
  const text = execFileSync(helm, [...args, ...set.map((one) => `--set=${one}`)], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject | null);
  return comparable(objects.filter((one) => one !== null));
}

/** @param folder a component over base, or an overlay; base alone where none is given */
export function renderedByKustomize(folder?: string): Objects {
  const isComponent = folder?.includes('/components/') === true;
  const resources = composed(
    {
      kind: 'Kustomization',
      resources: [isComponent || folder === undefined ? '../manifests/base' : `../${folder}`],
      ...(isComponent ? { components: [`../${folder}`] } : {}),
    },
    'mine',
  );
  return comparable(JSON.parse(JSON.stringify(resources)) as KubernetesObject[]);
}

/** What one has and the other has not, or has otherwise; one sentence each. */
export function differences(helm: Objects, kustomize: Objects): string[] {
  return [...new Set([...helm.keys(), ...kustomize.keys()])].flatMap((key) => {
    const [one, other] = [helm.get(key), kustomize.get(key)];
    if (one === undefined) return [`${key} is not rendered by Helm`];
    if (other === undefined) return [`${key} is rendered by Helm alone`];
    return pathsThatDiffer(one, other).map((path) => `${key} differs in ${path}`);
  });
}

// ---------------------------------------------------------------------------------------------------------------------

type Objects = ReadonlyMap<string, unknown>;

interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const { version } = JSON.parse(readText('package.json')) as { version: string };

function folderOf(name: string): string {
  const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const known: readonly string[] = [...components, ...wholes];
  const folder = known.find((one) => one.endsWith(`/${kebab}`));
  if (folder === undefined) throw new Error(`kustomize has nothing that is called ${kebab}`);
  return folder;
}

/** By kind and name. What one tool says, and the other leaves to a default or to a flag, is made alike. */
function comparable(objects: readonly KubernetesObject[]): Objects {
  const entries = objects.map(({ kind, metadata: { namespace, ...metadata }, ...rest }) => {
    if (namespace !== undefined && namespace !== 'kube-system')
      throw new Error(`${metadata.name} is for ${namespace}`);
    const { apiVersion: _, hasPlainName: __, ...own } = rest as Readonly<Record<string, unknown>>;
    return [`${kind} ${metadata.name}`, sorted({ metadata, ...own })] as const;
  });
  return new Map(entries);
}

/** The order of lists of named things means nothing here; what depends on it, a test of what instances are told sees. */
function sorted(value: unknown, key = ''): unknown {
  if (key === 'image' && value === 'twindns') return `twindns:${version}`;
  if (Array.isArray(value)) {
    const items = value.map((item) => sorted(item));
    return items.every(isNamed) ? items.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1)) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, sorted(one, name)]));
}

function isNamed(item: unknown): boolean {
  return typeof item === 'object' && item !== null && 'name' in item;
}

function orderOf(item: unknown): string {
  const { name, mountPath = '' } = item as { name: string; mountPath?: string };
  return `${name} ${mountPath}`;
}

function pathsThatDiffer(one: unknown, other: unknown, path = ''): string[] {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return one === other ? [] : [`${path}: ${JSON.stringify(one)} and ${JSON.stringify(other)}`];
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].flatMap((key) =>
    pathsThatDiffer((one as Values)[key], (other as Values)[key], path === '' ? key : `${path}.${key}`),
  );
}
