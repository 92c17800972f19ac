// environment — what Kubernetes puts into a container's environment and arguments, by the rules of its kubelet.
//
// In the order of the kubelet: envFrom; then env, one by one: a value may name variables of envFrom, of Services, and those
// above it; then arguments, which may name all of them. A variable without a value stays as it is written.

import { type ConfigMap, type Container, isService, type Resource } from './shapes.ts';

export type Environment = Readonly<Record<string, string>>;

/** What the manifests leave to the cluster. */
export interface Cluster {
  readonly nodeIp: string;
  /** Of Services in the namespace, by name; headless ones have none. */
  readonly clusterIps: Readonly<Record<string, string>>;
}

export function environmentOf(
  container: Container,
  resources: readonly Resource[],
  cluster: Cluster,
): Environment {
  const env: Record<string, string> = {};
  for (const { configMapRef } of container.envFrom ?? []) {
    const map = resources.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMapRef.name,
    );
    if (map === undefined) throw new Error(`there is no ConfigMap ${configMapRef.name}`);
    Object.assign(env, (map as ConfigMap).data);
  }
  const services = serviceVariables(resources, cluster);
  for (const { name, value, valueFrom } of container.env ?? []) {
    if (value !== undefined) env[name] = expanded(value, { ...services, ...env });
    else if (valueFrom?.fieldRef.fieldPath === 'status.hostIP') env[name] = cluster.nodeIp;
    else throw new Error(`${name} has a source that is not known here`);
  }
  return { ...services, ...env };
}

export function expanded(text: string, env: Environment): string {
  return text.replace(/\$\$|\$\(([^)]+)\)/g, (whole, name?: string) => {
    if (name === undefined) return '$';
    return env[name] ?? whole;
  });
}

// ---------------------------------------------------------------------------------------------------------------------

function serviceVariables(resources: readonly Resource[], { clusterIps }: Cluster): Environment {
  const headless = resources.filter(isService).filter(({ spec }) => spec.clusterIP === 'None');
  const withAddress = Object.entries(clusterIps).filter(
    ([name]) => !headless.some(({ metadata }) => metadata.name === name),
  );
  return Object.fromEntries(
    withAddress.flatMap(([name, address]) => {
      const prefix = name.toUpperCase().replaceAll('-', '_');
      return [
        [`${prefix}_SERVICE_HOST`, address],
        [`${prefix}_SERVICE_PORT`, '53'],
        [`${prefix}_PORT`, `udp://${address}:53`],
      ];
    }),
  );
}
