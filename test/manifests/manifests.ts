// manifests — what is in manifests/, read and put together as kustomize would.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { join as joined } from 'node:path/posix';
import { parse } from 'yaml';
import { readText, root } from '../repository/files.ts';
import { merged } from './merged.ts';
import type { Kustomization, Resource } from './shapes.ts';

/** Every kustomization that is a whole. */
export const wholes = [
  'manifests/base',
  'manifests/clean',
  'manifests/overlays/beside-node-local-dns',
  'manifests/overlays/ipvs',
] as const;

export function readYaml(path: string): unknown {
  return parse(readText(path));
}

export function kustomizationOf(folder: string): Kustomization {
  return readYaml(`${folder}/kustomization.yaml`) as Kustomization;
}

/** Folders below manifests/ that have a kustomization. */
export function kustomizedFolders(folder = 'manifests'): string[] {
  const below = readdirSync(join(root, folder), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const here = existsSync(join(root, folder, 'kustomization.yaml')) ? [folder] : [];
  return [...here, ...below.flatMap(({ name }) => kustomizedFolders(`${folder}/${name}`))];
}

/** What `kubectl apply -k` would send; images as they are written. */
export function resourcesOf(folder: string): Resource[] {
  const { resources = [], patches = [] } = kustomizationOf(folder);
  const found = resources.flatMap((path) =>
    path.endsWith('.yaml') ? [readYaml(joined(folder, path)) as Resource] : resourcesOf(joined(folder, path)),
  );
  return patches.reduce<Resource[]>((all, { path, target }) => {
    const patch = readYaml(joined(folder, path)) as Resource;
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
