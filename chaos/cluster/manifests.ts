// manifests — what is in manifests/, read and put together as kustomize would.
//
// The parser of YAML is there for development alone: a program that has to run without it must not load this file.

import { readFileSync } from 'node:fs';
import { join } from 'node:path/posix';
import { parse } from 'yaml';
import { checkout } from '../stage/checkout.ts';
import { merged } from './merged.ts';
import type { Kustomization, Resource } from './shapes.ts';

/** @param path below the root of the checkout */
export function readYaml(path: string): unknown {
  return parse(readFileSync(`${checkout}${path}`, 'utf8'));
}

export function kustomizationOf(folder: string): Kustomization {
  return readYaml(`${folder}/kustomization.yaml`) as Kustomization;
}

/** What `kubectl apply -k` would send; images as they are written. */
export function resourcesOf(folder: string): Resource[] {
  const { resources = [], patches = [] } = kustomizationOf(folder);
  const found = resources.flatMap((path) =>
    path.endsWith('.yaml') ? [readYaml(join(folder, path)) as Resource] : resourcesOf(join(folder, path)),
  );
  return patches.reduce<Resource[]>((all, { path, target }) => {
    const patch = readYaml(join(folder, path)) as Resource;
    const meant = ({ kind, metadata }: Resource) =>
      target === undefined
        ? kind === patch.kind && metadata.name === patch.metadata.name
        : kind === target.kind;
    if (!all.some(meant))
      throw new Error(`${folder}/${path} changes nothing: there is no ${patch.metadata.name}`);
    if (patch.$patch === 'delete') return all.filter((resource) => !meant(resource));
    const {
      metadata: { name: _, ...metadata },
      ...rest
    } = patch;
    return all.map((resource) =>
      meant(resource) ? (merged(resource, { ...rest, metadata }) as Resource) : resource,
    );
  }, found);
}
