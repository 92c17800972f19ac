// node-cache — a Corefile as node-cache takes it: a template whose placeholders are filled in, and behind it a server block for each
// stub domain of the ConfigMap kube-dns.

import type { Environment } from './environment.ts';
import { readKubeDns, withStubDomains } from './kube-dns.ts';
import { fillPillars } from './pillar.ts';
import type { Surroundings } from './surroundings.ts';

/** Where the ConfigMap is mounted when no flag says otherwise. */
export const KUBE_DNS = '/etc/kube-dns';
const FILES = ['stubDomains', 'upstreamNameservers'] as const;
/** Bytes of a ConfigMap, at most. */
const MOST = 1 << 20;

export interface Template {
  /** What the Corefile is read with: it finds it filled in. */
  readonly surroundings: Surroundings;
  /** What an operator should know, a sentence each, once the Corefile has been read. */
  remarks(): readonly string[];
  /** Files whose change is a change of the Corefile, there or not. */
  readonly files: readonly string[];
}

/**
 * @param path of the Corefile
 * @param clusterDns addresses of the cluster DNS; none: those of the Service kube-dns-upstream, or else of kube-dns
 * @param kubeDns the directory where the ConfigMap is mounted
 */
export function asTemplate(
  path: string,
  surroundings: Surroundings,
  clusterDns: readonly string[],
  kubeDns: string,
): Template {
  let remarks: readonly string[] = [];
  const files = FILES.map((name) => `${kubeDns}/${name}`);
  const textOf = (file: string) => {
    try {
      return surroundings.readFile(file, MOST);
    } catch {
      return undefined; // there is no such ConfigMap, or no such key of it
    }
  };
  function fill(text: string): string {
    const { listen, port, env } = surroundings;
    const config = readKubeDns({ stubDomains: textOf(files[0]!), upstreamNameservers: textOf(files[1]!) });
    const cluster = clusterDns.length > 0 ? clusterDns.join(' ') : clusterDnsService(env);
    const filled = fillPillars(text, {
      clusterDns: cluster ?? '__PILLAR__CLUSTER__DNS__',
      localAddresses: listen,
      upstreams: config.upstreams,
    });
    remarks = [...config.problems, ...filled.remarks];
    return withStubDomains(filled.text, config, listen, port);
  }
  return {
    files,
    remarks: () => remarks,
    surroundings: {
      ...surroundings,
      readFile(file, most) {
        const text = surroundings.readFile(file, most);
        return file === path ? fill(text) : text;
      },
    },
  };
}

/** The address of the Service of the cluster DNS. */
export function clusterDnsService(env: Environment): string | undefined {
  return env.KUBE_DNS_UPSTREAM_SERVICE_HOST || env.KUBE_DNS_SERVICE_HOST || undefined;
}
