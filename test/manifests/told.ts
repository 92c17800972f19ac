// told — what the manifests tell each instance, put into the words of its options by Kubernetes' rules and the program's own.

import assert from 'node:assert/strict';
import { type Cluster, environmentOf, expanded } from '../../chaos/cluster/environment.ts';
import { resourcesOf } from '../../chaos/cluster/manifests.ts';
import {
  type ConfigMap,
  type Container,
  type DaemonSet,
  isDaemonSet,
  type Labels,
  type Resource,
} from '../../chaos/cluster/shapes.ts';
import { type Actions, runCli } from '../../src/cli.ts';
import type { Flags } from '../../src/command-text.ts';
import { runOptions } from '../../src/options/option-table.ts';
import type { OptionRow } from '../../src/options/option-types.ts';
import { type Options, readOptions } from '../../src/options/options.ts';
import { wholes } from './manifests.ts';

export const cluster: Cluster = {
  nodeIp: '192.0.2.7',
  clusterIps: { 'kube-dns': '10.96.0.10', 'twindns-cluster-dns': '10.97.1.2', metrics: '10.98.0.3' },
};
/** As they are where nodes have IPv6 addresses alone. */
export const clusterOfIpv6: Cluster = {
  nodeIp: 'fd00:7::1',
  clusterIps: { 'kube-dns': 'fd00:96::a', 'twindns-cluster-dns': 'fd00:96::b0', metrics: 'fd00:96::c' },
};

/** The wholes that have both slots, without what else runs beside them. */
export const pairs = wholes
  .map((folder) => ({
    folder,
    resources: resourcesOf(folder).filter((one) => !isDaemonSet(one) || isInstance(one)),
  }))
  .filter(({ resources }) => resources.some(({ metadata }) => metadata.name === 'twindns-primary'));

/** Of each DaemonSet in turn, as the program reads them. */
export function optionsOf(resources: readonly Resource[], where = cluster): Promise<Options>[] {
  return resources.filter(isDaemonSet).map(async (daemonSet) => {
    const container = containerOf(daemonSet);
    const env = environmentOf(container, resources, where);
    const args = container.args!.map((arg) => expanded(arg, env));
    return readOptions(await flagsOf(args), env);
  });
}

export function summary({ slot, listen, admin, 'cluster-dns': servers }: Options): unknown[] {
  assert.ok(typeof admin === 'object');
  const texts = servers.map(({ address, port }) => `${address}:${port}`);
  return [slot, listen, `${admin.address}:${admin.port}`, texts.join()];
}

export function isKnown(name: string): boolean {
  return rows.some((row) => row.name === name);
}

export function isUnknownVariable(name: string): boolean {
  // The one that is no option of `twindns run`.
  const ofStatus = name === 'TWINDNS_INSTANCES';
  return name.startsWith('TWINDNS_') && !ofStatus && !rows.some(({ env }) => env === name);
}

export function nameOf(arg: string): string {
  return arg.replace(/^--/, '').replace(/=.*/, '');
}

export function settingsOf(resources: readonly Resource[]): Labels {
  return settingsMapOf(resources).data;
}

/** The one of settings, not that of the Corefile. */
export function settingsMapOf(resources: readonly Resource[]): ConfigMap {
  return resources.find(
    (one): one is ConfigMap => one.kind === 'ConfigMap' && !(one as ConfigMap).hasPlainName,
  )!;
}

/** Not what cleans up, nor what keeps the interface and the rules in its place. */
export function isInstance(daemonSet: DaemonSet): boolean {
  return containerOf(daemonSet).args?.[0] === 'run';
}

export function containerOf({ spec }: DaemonSet): Container {
  return spec.template.spec.containers[0]!;
}

// ---------------------------------------------------------------------------------------------------------------------

const rows: readonly OptionRow[] = runOptions;

/** Rejects if one is not known. */
function flagsOf(args: readonly string[]): Promise<Flags> {
  return new Promise((resolve, reject) => {
    const actions: Partial<Actions> = { run: async (flags) => resolve(flags) };
    runCli(args, actions as Actions).then(() => reject(new Error(`not run: ${args.join(' ')}`)), reject);
  });
}
