// manifests — the kustomizations there are in manifests/.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../repository/files.ts';

/** Every kustomization that is a whole. */
export const wholes = [
  'manifests/base',
  'manifests/clean',
  'manifests/overlays/beside-node-local-dns',
  'manifests/overlays/cilium',
  'manifests/overlays/dual-stack',
  'manifests/overlays/ipv6',
  'manifests/overlays/ipvs',
  'manifests/overlays/migrate',
  'manifests/overlays/tun',
  'manifests/overlays/unprivileged',
] as const;

/** What changes a whole, alone or with others. */
export const components = [
  'manifests/components/alerts',
  'manifests/components/all-to-cluster-dns',
  'manifests/components/chosen-nodes',
  'manifests/components/dashboard',
  'manifests/components/dual-stack',
  'manifests/components/ipv6',
  'manifests/components/node-local-address',
  'manifests/components/node-local-dns-corefile',
  'manifests/components/node-resolv-conf',
  'manifests/components/other-admin-port',
  'manifests/components/pod-monitor',
  'manifests/components/private-metrics',
  'manifests/components/service-monitor',
  'manifests/components/tun',
] as const;

/** Folders below manifests/ that have a kustomization. */
export function kustomizedFolders(folder = 'manifests'): string[] {
  const below = readdirSync(join(root, folder), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const here = existsSync(join(root, folder, 'kustomization.yaml')) ? [folder] : [];
  return [...here, ...below.flatMap(({ name }) => kustomizedFolders(`${folder}/${name}`))];
}
