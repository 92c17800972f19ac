// shapes — Kubernetes' objects, as far as the manifests use them.

export interface Kustomization {
  readonly kind: 'Kustomization' | 'Component';
  readonly namespace?: string;
  readonly nameSuffix?: string;
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly configMapGenerator?: readonly Generator[];
  readonly patches?: readonly Patch[];
  readonly images?: readonly { readonly name: string; readonly newName: string; readonly newTag: string }[];
}

export interface Patch {
  readonly path: string;
  readonly target?: { readonly kind: string };
}

export interface Generator {
  readonly name: string;
  readonly behavior?: 'merge';
  readonly envs?: readonly string[];
  readonly literals?: readonly string[];
  readonly files?: readonly string[];
  readonly options?: { readonly labels?: Labels; readonly disableNameSuffixHash?: boolean };
}

export type Labels = Readonly<Record<string, string>>;

export interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Labels; readonly annotations?: Labels };
}

export interface ConfigMap extends Resource {
  readonly data: Labels;
  /** That its name stays as it is whatever it has. */
  readonly hasPlainName: boolean;
}

export interface Service extends Resource {
  readonly spec: {
    clusterIP?: string;
    selector: Labels;
    ports: { port: number; targetPort: number; protocol: string }[];
  };
}

export interface DaemonSet extends Resource {
  spec: {
    selector: { matchLabels: Labels };
    minReadySeconds?: number;
    updateStrategy: {
      type: string;
      rollingUpdate?: { maxUnavailable?: string | number; maxSurge?: string | number };
    };
    template: { metadata: { labels: Labels; annotations?: Labels }; spec: Pod };
  };
}

export interface Pod {
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  enableServiceLinks?: boolean;
  hostNetwork?: boolean;
  dnsPolicy?: string;
  nodeSelector?: Labels;
  priorityClassName?: string;
  affinity?: { nodeAffinity?: NodeAffinity };
  tolerations?: { key?: string; effect?: string; operator: string }[];
  terminationGracePeriodSeconds?: number;
  securityContext?: {
    runAsUser?: number;
    runAsGroup?: number;
    seccompProfile?: { type: string };
    seLinuxOptions?: { type?: string; level?: string };
  };
  initContainers?: Container[];
  containers: Container[];
  volumes?: {
    name: string;
    hostPath?: { path: string; type?: string };
    configMap?: { name: string; optional?: boolean };
  }[];
}

export interface NodeAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: {
    nodeSelectorTerms: { matchExpressions: { key: string; operator: string; values: string[] }[] }[];
  };
}

export interface Container {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  envFrom?: { configMapRef: { name: string } }[];
  env?: Variable[];
  ports?: unknown;
  securityContext?: {
    privileged?: boolean;
    allowPrivilegeEscalation?: boolean;
    readOnlyRootFilesystem?: boolean;
    capabilities?: { drop?: string[]; add?: string[] };
  };
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  lifecycle?: { preStop?: { httpGet: HttpGet } };
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
}

export interface Variable {
  name: string;
  value?: string;
  valueFrom?: { fieldRef: { fieldPath: string } };
}

export interface HttpGet {
  path: string;
  port: number;
  host?: string;
}

export interface Probe {
  httpGet: HttpGet;
  periodSeconds: number;
  timeoutSeconds: number;
  failureThreshold: number;
}

export function isDaemonSet(resource: Resource): resource is DaemonSet {
  return resource.kind === 'DaemonSet';
}

export function isService(resource: Resource): resource is Service {
  return resource.kind === 'Service';
}
