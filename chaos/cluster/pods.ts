// pods — each instance as the manifests have it: its arguments, environment, rights, probes, and how long it may take to end.

import { type Slot, slots } from '../../src/config.ts';
import { type Cluster, type Environment, environmentOf, expanded } from './environment.ts';
import { type ConfigMap, type HttpGet, isDaemonSet, type Probe, type Resource } from './shapes.ts';

export interface PodPlan {
  readonly slot: Slot;
  /** Behind the entry point of the image. */
  readonly args: readonly string[];
  readonly environment: Environment;
  readonly rights: Rights;
  readonly files: readonly HostFile[];
  /** ConfigMaps that are mounted. */
  readonly maps: readonly MountedMap[];
  readonly probes: Probes;
  /** What is asked before SIGTERM. */
  readonly preStop: HttpGet | undefined;
  /** Milliseconds for both: from the question to SIGKILL. */
  readonly grace: number;
}

export interface Rights {
  readonly user: number;
  readonly group: number;
  /** As Kubernetes writes them: NET_ADMIN. */
  readonly capabilities: readonly string[];
  readonly mayGain: boolean;
  readonly readOnlyRoot: boolean;
}

/** A file or directory of the node that the container has, made where there is none. */
export interface HostFile {
  /** On the node. */
  readonly path: string;
  /** In the container. */
  readonly at: string;
  readonly kind: 'file' | 'directory';
}

/** A directory of the container with a file for each key. */
export interface MountedMap {
  readonly name: string;
  /** In the container. */
  readonly at: string;
  readonly data: Readonly<Record<string, string>>;
}

export interface Probes {
  readonly startup: Probe;
  readonly liveness: Probe;
  readonly readiness: Probe;
}

/** One for each slot. @throws Error when the manifests lack one, or leave open what this suite has to know */
export function podsOf(resources: readonly Resource[], cluster: Cluster): ReadonlyMap<Slot, PodPlan> {
  const plans = resources.filter(isDaemonSet).map((daemonSet): PodPlan => {
    const { name } = daemonSet.metadata;
    const {
      containers,
      terminationGracePeriodSeconds,
      securityContext: pod,
      volumes = [],
    } = daemonSet.spec.template.spec;
    const container = containers[0]!;
    if (containers.length > 1 || container.command !== undefined)
      throw new Error(`${name} is more than one container that runs the entry point of its image.`);
    const environment = environmentOf(container, resources, cluster);
    const args = (container.args ?? []).map((arg) => expanded(arg, environment));
    const slot = slots.find((one) => args.includes(`--slot=${one}`));
    if (slot === undefined) throw new Error(`${name} is not told by --slot which instance it is.`);
    const { capabilities, allowPrivilegeEscalation, readOnlyRootFilesystem } =
      container.securityContext ?? {};
    if (!capabilities?.drop?.includes('ALL'))
      throw new Error(
        `${name} does not drop ALL capabilities: what it has depends on the container runtime.`,
      );
    const { startupProbe: startup, livenessProbe: liveness, readinessProbe: readiness } = container;
    if (startup === undefined || liveness === undefined || readiness === undefined)
      throw new Error(`${name} lacks one of its three probes.`);
    return {
      slot,
      args,
      environment,
      rights: {
        user: pod?.runAsUser ?? 0,
        group: pod?.runAsGroup ?? 0,
        capabilities: capabilities.add ?? [],
        mayGain: allowPrivilegeEscalation !== false,
        readOnlyRoot: readOnlyRootFilesystem === true,
      },
      files: (container.volumeMounts ?? []).flatMap(({ name: mount, mountPath: at }): HostFile[] => {
        const host = volumes.find(({ name }) => name === mount)?.hostPath;
        if (host === undefined) return [];
        return [{ path: host.path, at, kind: host.type?.startsWith('File') ? 'file' : 'directory' }];
      }),
      maps: (container.volumeMounts ?? []).flatMap(({ name: mount, mountPath: at }): MountedMap[] => {
        const map = volumes.find((one) => one.name === mount)?.configMap;
        if (map === undefined) return [];
        const found = resources.find(
          ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === map.name,
        );
        if (found !== undefined) return [{ name: map.name, at, data: (found as ConfigMap).data }];
        if (map.optional === true) return [];
        throw new Error(`${name} mounts the ConfigMap ${map.name}, which is not there.`);
      }),
      probes: { startup, liveness, readiness },
      preStop: container.lifecycle?.preStop?.httpGet,
      grace: (terminationGracePeriodSeconds ?? 30) * 1000,
    };
  });
  const bySlot = new Map(plans.map((plan) => [plan.slot, plan]));
  const missing = slots.find((slot) => !bySlot.has(slot));
  if (missing !== undefined) throw new Error(`no DaemonSet of the manifests is the ${missing}.`);
  return bySlot;
}
