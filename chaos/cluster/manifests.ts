// manifests — what is in manifests/, read and put together as kustomize would: resources, components, generators, patches.
//
// The parser of YAML is there for development alone: a program that has to run without it must not load this file.

import { readFileSync } from 'node:fs';
import { join } from 'node:path/posix';
import { parse } from 'yaml';
import { checkout } from '../stage/checkout.ts';
import { digestOf, generated } from './generated-map.ts';
import { merged } from './merged.ts';
import { type ConfigMap, isDaemonSet, type Kustomization, type Patch, type Resource } from './shapes.ts';

/** Each file is read once; what is composed is a copy. @param path below the root of the checkout */
export function readYaml(path: string): unknown {
  if (!known.has(path)) known.set(path, parse(readFileSync(`${checkout}${path}`, 'utf8')));
  return known.get(path);
}

export function kustomizationOf(folder: string): Kustomization {
  return readYaml(`${folder}/kustomization.yaml`) as Kustomization;
}

/** What `kubectl apply -k` would send; images as they are written. */
export function resourcesOf(folder: string): Resource[] {
  return composed(kustomizationOf(folder), folder);
}

/** The same of a kustomization that is no file. @param folder where its paths begin */
export function composed(kustomization: Kustomization, folder: string): Resource[] {
  return withDigests(accumulated(kustomization, folder, []));
}

// ---------------------------------------------------------------------------------------------------------------------

const known = new Map<string, unknown>();

/** In the order of kustomize. @param below what a component is applied to */
function accumulated(kustomization: Kustomization, folder: string, below: readonly Resource[]): Resource[] {
  const {
    resources = [],
    components = [],
    configMapGenerator = [],
    patches = [],
    nameSuffix,
  } = kustomization;
  const inside = (path: string) => join(folder, path);
  const own = resources.flatMap((path) =>
    path.endsWith('.yaml')
      ? [asWritten(readYaml(inside(path)) as Resource)]
      : accumulated(kustomizationOf(inside(path)), inside(path), []),
  );
  let all: Resource[] = [...below, ...own];
  for (const path of components) all = accumulated(kustomizationOf(inside(path)), inside(path), all);
  for (const generator of configMapGenerator) {
    const old = all.find((one): one is ConfigMap => isMap(one) && one.metadata.name === generator.name);
    if ((old === undefined) === (generator.behavior === 'merge'))
      throw new Error(`${folder}: the ConfigMap ${generator.name} is ${old ? 'there already' : 'not there'}`);
    const map = generated(generator, (path) => readFileSync(`${checkout}${inside(path)}`, 'utf8'), old);
    all = [...all.filter((one) => one !== old), map];
  }
  for (const patch of patches) all = patched(all, patch, inside(patch.path));
  return nameSuffix === undefined ? all : all.map((one) => renamed(one, () => nameSuffix));
}

/** Only of a map that is generated the name gets a digest. */
function asWritten(resource: Resource): Resource {
  return isMap(resource) ? ({ ...resource, hasPlainName: true } as ConfigMap) : resource;
}

function patched(all: readonly Resource[], { target }: Patch, path: string): Resource[] {
  const patch = readYaml(path) as Resource;
  const meant = ({ kind, metadata }: Resource) =>
    target === undefined
      ? kind === patch.kind && metadata.name === patch.metadata.name
      : kind === target.kind;
  if (!all.some(meant)) throw new Error(`${path} changes nothing: there is no ${patch.metadata.name}`);
  const {
    metadata: { name: _, ...metadata },
    ...rest
  } = patch;
  return all.map((one) => (meant(one) ? (merged(one, { ...rest, metadata }) as Resource) : one));
}

/** Last of all, so that a digest is of what has become of the map. */
function withDigests(all: readonly Resource[]): Resource[] {
  const digests = new Map(
    all.filter(isMap).map((map) => [map.metadata.name, map.hasPlainName ? '' : `-${digestOf(map)}`]),
  );
  return all.map((one) => renamed(one, ({ kind, name }) => (kind === 'ConfigMap' ? digests.get(name) : '')));
}

/** With what comes behind its name, and behind each name by which it refers to another resource. */
function renamed(
  resource: Resource,
  suffix: (of: { kind: string; name: string }) => string | undefined,
): Resource {
  const named = (kind: string, name: string) => `${name}${suffix({ kind, name }) ?? ''}`;
  const { kind, metadata } = resource;
  const one = structuredClone({ ...resource, metadata: { ...metadata, name: named(kind, metadata.name) } });
  if (!isDaemonSet(one)) return one;
  const pod = one.spec.template.spec;
  if (pod.serviceAccountName !== undefined)
    pod.serviceAccountName = named('ServiceAccount', pod.serviceAccountName);
  for (const { envFrom = [] } of [...(pod.initContainers ?? []), ...pod.containers])
    for (const { configMapRef } of envFrom) configMapRef.name = named('ConfigMap', configMapRef.name);
  return one;
}

function isMap(resource: Resource): resource is ConfigMap {
  return resource.kind === 'ConfigMap';
}
