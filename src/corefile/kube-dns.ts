// kube-dns — the ConfigMap kube-dns, mounted as files: `stubDomains` and `upstreamNameservers`, as node-cache takes them.

import { messageOf } from '../errors.ts';
import { parseEndpoint } from '../options/endpoint.ts';
import { quoted } from './fault-list.ts';

/** Texts of the files; undefined where there is none. */
export interface KubeDnsFiles {
  readonly stubDomains: string | undefined;
  readonly upstreamNameservers: string | undefined;
}

export interface KubeDnsConfig {
  /** Domain → servers, in the order of the domains' names, so that the same ConfigMap always makes the same Corefile. */
  readonly stubDomains: ReadonlyMap<string, readonly string[]>;
  /** At most three, as they are given. */
  readonly upstreams: readonly string[];
  /** What is wrong, a sentence each; the rest holds. */
  readonly problems: readonly string[];
}

export function readKubeDns({ stubDomains, upstreamNameservers }: KubeDnsFiles): KubeDnsConfig {
  const problems: string[] = [];
  const stubs = jsonOf(
    'stubDomains',
    stubDomains,
    isStubDomains,
    'an object such as {"corp.example": ["192.0.2.1"]}',
  );
  const upstreams =
    jsonOf('upstreamNameservers', upstreamNameservers, isTexts, 'a list such as ["192.0.2.1"]') ?? [];
  if (upstreams.length > MOST_UPSTREAMS)
    problems.push(
      `upstreamNameservers has ${upstreams.length} servers: the first ${MOST_UPSTREAMS} are asked.`,
    );
  return {
    stubDomains: new Map(
      Object.entries(stubs ?? {})
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([domain, servers]) => [domain, serversOf(`stubDomains, ${domain}`, servers)] as const)
        .filter(([domain, servers]) => isDomain(domain) && servers.length > 0),
    ),
    upstreams: serversOf('upstreamNameservers', upstreams.slice(0, MOST_UPSTREAMS)),
    problems,
  };

  function jsonOf<T>(
    file: string,
    text: string | undefined,
    isRight: (value: unknown) => value is T,
    wanted: string,
  ): T | undefined {
    if (text === undefined || text.trim() === '') return undefined;
    try {
      const value: unknown = JSON.parse(text);
      if (isRight(value)) return value;
      problems.push(`${file} is not ${wanted}: it is left out.`);
    } catch (error) {
      problems.push(`${file} is no JSON, and left out: ${messageOf(error)}.`);
    }
    return undefined;
  }

  function serversOf(where: string, texts: readonly string[]): readonly string[] {
    return texts.filter((text) => {
      const isServer = (parseEndpoint(text, 53)?.port ?? 0) > 0;
      if (!isServer)
        problems.push(`${where}: ${quoted({ text })} is not an IP address, with or without a port.`);
      return isServer;
    });
  }

  function isDomain(name: string): boolean {
    const isRight = name.length <= 253 && domain.test(name);
    if (!isRight)
      problems.push(
        `stubDomains: ${quoted({ text: name })} is no domain in lower case, without a final dot.`,
      );
    return isRight;
  }
}

/**
 * A Corefile with a server block for each stub domain at its end.
 * CoreDNS, and this program, refuse one that the Corefile has already.
 *
 * @param addresses to listen on
 */
export function withStubDomains(
  corefile: string,
  { stubDomains }: KubeDnsConfig,
  addresses: readonly string[],
  port: number,
): string {
  const blocks = [...stubDomains].map(
    ([domain, servers]) =>
      `${domain}:${port} {\n    errors\n    cache 30\n    bind ${addresses.join(' ')}\n    forward . ${servers.join(' ')}\n}\n`,
  );
  if (blocks.length === 0) return corefile;
  return `${corefile}${corefile.endsWith('\n') ? '' : '\n'}${blocks.join('')}`;
}

// ---------------------------------------------------------------------------------------------------------------------

const MOST_UPSTREAMS = 3;

/** A DNS-1123 subdomain, as Kubernetes has it. */
const domain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isStubDomains(value: unknown): value is Record<string, string[]> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every(isTexts)
  );
}
