// pod-rules — what a pod that stands between a node and its DNS must and must not be; each rule with changes that break it.

import type { Container, DaemonSet, Pod } from '../../chaos/cluster/shapes.ts';

export interface PodRule {
  readonly name: string;
  readonly holds: (daemonSet: DaemonSet) => boolean;
  /** Each breaks the rule. */
  readonly breaches: readonly ((pod: Pod, daemonSet: DaemonSet) => void)[];
}

export const podRules: readonly PodRule[] = [
  {
    name: 'no container declares ports, which would be host ports and keep pods apart',
    holds: everyContainer(({ ports }) => ports === undefined),
    breaches: [(pod) => Object.assign(first(pod), { ports: [{ containerPort: 53 }] })],
  },
  {
    name: "the pod is in the node's network and asks the node's resolvers",
    holds: onPod(({ hostNetwork, dnsPolicy }) => hostNetwork === true && dnsPolicy === 'Default'),
    breaches: [
      (pod) => Object.assign(pod, { hostNetwork: false }),
      (pod) => Object.assign(pod, { dnsPolicy: 'ClusterFirstWithHostNet' }),
    ],
  },
  {
    name: 'no token of the API server is mounted',
    holds: onPod(({ automountServiceAccountToken }) => automountServiceAccountToken === false),
    breaches: [(pod) => delete pod.automountServiceAccountToken],
  },
  {
    name: 'everything is dropped that is not asked for by name, and nothing can be won back',
    holds: everyContainer(({ securityContext: it }) => {
      const bounded = it?.capabilities?.drop?.join() === 'ALL' && it.privileged === undefined;
      return bounded && it.allowPrivilegeEscalation === false && it.readOnlyRootFilesystem === true;
    }),
    breaches: [
      (pod) => delete first(pod).securityContext!.capabilities!.drop,
      (pod) => Object.assign(first(pod).securityContext!, { privileged: true }),
      (pod) => delete first(pod).securityContext!.allowPrivilegeEscalation,
      (pod) => delete first(pod).securityContext!.readOnlyRootFilesystem,
    ],
  },
  {
    name: 'the user is root, whose capabilities are effective, under the usual seccomp profile',
    holds: onPod(
      ({ securityContext: it }) => it?.runAsUser === 0 && it.seccompProfile?.type === 'RuntimeDefault',
    ),
    breaches: [
      (pod) => Object.assign(pod.securityContext!, { runAsUser: 65532 }),
      (pod) => delete pod.securityContext!.seccompProfile,
    ],
  },
  {
    name: 'CPU and memory are requested, memory is limited, CPU is not',
    holds: everyContainer(({ resources: { requests = {}, limits = {} } = {} }) => {
      const asked = requests.cpu !== undefined && requests.memory !== undefined;
      return asked && limits.cpu === undefined && bytesOf(limits.memory) >= 2 * bytesOf(requests.memory);
    }),
    breaches: [
      (pod) => Object.assign(first(pod).resources!.limits!, { cpu: '1' }),
      (pod) => delete first(pod).resources!.limits,
      (pod) => delete first(pod).resources!.requests!.memory,
      (pod) =>
        Object.assign(first(pod).resources!.limits!, { memory: first(pod).resources!.requests!.memory }),
    ],
  },
  {
    name: 'the pod runs on every node that is there, and is the last to be evicted',
    holds: onPod(({ priorityClassName, tolerations = [] }) => {
      const said = tolerations.map(({ key, effect, operator }) => `${key ?? ''}:${effect ?? ''}:${operator}`);
      const wanted = ['CriticalAddonsOnly::Exists', ':NoExecute:Exists', ':NoSchedule:Exists'];
      return priorityClassName === 'system-node-critical' && wanted.every((one) => said.includes(one));
    }),
    breaches: [
      (pod) => delete pod.priorityClassName,
      ...[0, 1, 2].map((i) => (pod: Pod) => pod.tolerations!.splice(i, 1)),
    ],
  },
  {
    name: 'not on virtual nodes, which run no DaemonSets, nor where the node itself is the cluster DNS',
    holds: onPod(({ affinity }) => {
      const { nodeSelectorTerms = [] } =
        affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? {};
      const said = nodeSelectorTerms.flatMap(({ matchExpressions }) =>
        matchExpressions.flatMap(({ key, operator, values }) =>
          values.map((one) => `${key} ${operator} ${one}`),
        ),
      );
      const wanted = ['fargate', 'auto'].map((one) => `eks.amazonaws.com/compute-type NotIn ${one}`);
      // Of several terms one is enough.
      return (
        nodeSelectorTerms.length === 1 &&
        [...wanted, 'type NotIn virtual-kubelet'].every((one) => said.includes(one))
      );
    }),
    breaches: [
      (pod) => delete pod.affinity,
      (pod) => termsOf(pod).push({ matchExpressions: [] }),
      (pod) => termsOf(pod)[0]!.matchExpressions.pop(),
      (pod) => termsOf(pod)[0]!.matchExpressions[0]!.values.pop(),
    ],
  },
  {
    name: 'all pods are in one SELinux domain and category, or twins may not share what they have',
    holds: onPod(({ securityContext: it }) => {
      return it?.seLinuxOptions?.type === 'spc_t' && it.seLinuxOptions.level === 's0';
    }),
    breaches: [
      (pod) => delete pod.securityContext!.seLinuxOptions,
      (pod) => delete pod.securityContext!.seLinuxOptions!.level,
    ],
  },
  {
    name: 'what reads the addresses of Services from its environment asks for them, whatever the default of the cluster',
    holds: onPod((pod) => {
      const reads = containersOf(pod).some(({ env = [] }) =>
        env.some(({ value }) => value?.includes('_SERVICE_HOST)')),
      );
      return pod.enableServiceLinks === reads;
    }),
    breaches: [
      (pod) => delete pod.enableServiceLinks,
      (pod) => Object.assign(pod, { enableServiceLinks: !pod.enableServiceLinks }),
    ],
  },
  {
    name: 'the lock of iptables is the one of the node, wherever rules are changed',
    holds: onPod((pod) => {
      const changing = containersOf(pod).filter((one) => capabilitiesOf(one).includes('NET_ADMIN'));
      const path = '/run/xtables.lock';
      const volume = pod.volumes?.find(
        ({ hostPath }) => hostPath?.path === path && hostPath.type === 'FileOrCreate',
      );
      return changing.every(({ volumeMounts = [] }) =>
        volumeMounts.some(({ name, mountPath }) => name === volume?.name && mountPath === path),
      );
    }),
    breaches: [
      (pod) => Object.assign(first(pod), addAdmin(first(pod))) && delete pod.volumes,
      (pod) => Object.assign(first(pod), addAdmin(first(pod))) && delete first(pod).volumeMounts,
    ],
  },
  {
    name: 'instances meet in a directory of the node, which no container has that does not mount it',
    holds: onPod((pod) => {
      const path = '/run/twindns';
      const volume = pod.volumes?.find(
        ({ hostPath }) => hostPath?.path === path && hostPath.type === 'DirectoryOrCreate',
      );
      const serving = containersOf(pod).filter(({ args = [] }) => args[0] === 'run');
      return serving.every(({ volumeMounts = [] }) =>
        volumeMounts.some(({ name, mountPath }) => name === volume?.name && mountPath === path),
      );
    }),
    breaches: [
      (pod) => Object.assign(first(pod), { args: ['run'] }) && delete pod.volumes,
      (pod) => Object.assign(first(pod), { args: ['run'] }) && delete first(pod).volumeMounts,
    ],
  },
  {
    name: 'only a part of the nodes changes at a time',
    holds: ({ spec: { updateStrategy } }) =>
      updateStrategy.type === 'RollingUpdate' && updateStrategy.rollingUpdate?.maxUnavailable !== undefined,
    breaches: [(_pod, { spec }) => delete spec.updateStrategy.rollingUpdate],
  },
  {
    name: 'the selector is the labels of the pods, and theirs alone',
    holds: ({ metadata, spec: { selector, template } }) => {
      const said = [metadata.labels, selector.matchLabels, template.metadata.labels];
      return new Set(said.map((labels) => JSON.stringify(labels))).size === 1;
    },
    breaches: [
      (_pod, { spec }) =>
        Object.assign(spec.selector, { matchLabels: { 'app.kubernetes.io/name': 'twindns' } }),
      (_pod, { spec }) => Object.assign(spec.template.metadata, { labels: { 'k8s-app': 'kube-dns' } }),
    ],
  },
];

export function containersOf({ initContainers = [], containers }: Pod): Container[] {
  return [...initContainers, ...containers];
}

export function capabilitiesOf({ securityContext }: Container): string[] {
  return securityContext?.capabilities?.add ?? [];
}

/** `256Mi`, in bytes. */
export function bytesOf(quantity: string | undefined): number {
  const [, digits, unit = ''] = /^(\d+)(Ki|Mi|Gi)?$/.exec(quantity ?? '') ?? [];
  return Number(digits) * 1024 ** ['', 'Ki', 'Mi', 'Gi'].indexOf(unit);
}

// ---------------------------------------------------------------------------------------------------------------------

function onPod(holds: (pod: Pod) => boolean): PodRule['holds'] {
  return ({ spec }) => holds(spec.template.spec);
}

function everyContainer(holds: (container: Container) => boolean): PodRule['holds'] {
  return onPod((pod) => containersOf(pod).every(holds));
}

function termsOf(pod: Pod) {
  return pod.affinity!.nodeAffinity!.requiredDuringSchedulingIgnoredDuringExecution!.nodeSelectorTerms;
}

function first(pod: Pod): Container {
  return containersOf(pod)[0]!;
}

function addAdmin({ securityContext }: Container): Pick<Container, 'securityContext'> {
  return {
    securityContext: { ...securityContext, capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } },
  } as Container;
}
