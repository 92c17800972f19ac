// pillar — the placeholders of node-cache's template of a Corefile, replaced as node-cache replaces them.

export interface PillarValues {
  /** The address of the Service of the cluster DNS. */
  readonly clusterDns: string;
  /** Where node-cache listens. */
  readonly localAddresses: readonly string[];
  /** Servers of the kube-dns ConfigMap; none: those of the node's resolv.conf. */
  readonly upstreams: readonly string[];
}

export interface FilledTemplate {
  readonly text: string;
  /** What an operator should know, a sentence each. */
  readonly remarks: readonly string[];
}

/**
 * Replaces them everywhere, in comments as well. `__PILLAR__DNS__SERVER__` vanishes, and `__PILLAR__DNS__DOMAIN__` stays: tools
 * that install node-cache replace those two before.
 */
export function fillPillars(template: string, values: PillarValues): FilledTemplate {
  const { clusterDns, localAddresses, upstreams } = values;
  const remarks: string[] = [];
  const withUpstreams = upstreams.length > 0 ? withoutForcedTcp(template, remarks) : template;
  const servers = upstreams.length > 0 ? upstreams.join(' ') : '/etc/resolv.conf';
  const text = withUpstreams
    .replaceAll('__PILLAR__CLUSTER__DNS__', () => clusterDns)
    .replaceAll('__PILLAR__LOCAL__DNS__', () => localAddresses.join(' '))
    .replaceAll('__PILLAR__DNS__SERVER__', '')
    .replaceAll('__PILLAR__UPSTREAM__SERVERS__', () => servers);
  const left = [...new Set(text.match(/__PILLAR__\w+?__(?=\W|$)/g) ?? [])];
  return {
    text,
    remarks: [...remarks, ...left.map((name) => `${name} is left as it is: replace it in the file.`)],
  };
}

// ---------------------------------------------------------------------------------------------------------------------

/** In the indentation of the manifest that is published, which is the only one that node-cache knows. */
const forced = '\n    forward . __PILLAR__UPSTREAM__SERVERS__ {\n            force_tcp\n    }\n';
const plain = '\n    forward . __PILLAR__UPSTREAM__SERVERS__\n';
/** In any. */
const anyForced = /\n([ \t]*)forward[ \t]+\.[ \t]+__PILLAR__UPSTREAM__SERVERS__[ \t]*\{\s*force_tcp\s*\}/;

/** Servers that an operator names are asked over UDP: they need not take TCP. */
function withoutForcedTcp(template: string, remarks: string[]): string {
  const text = template.replaceAll(forced, plain);
  if (anyForced.test(text))
    remarks.push('upstreamNameservers are asked over TCP, as the template says with force_tcp.');
  return text;
}
