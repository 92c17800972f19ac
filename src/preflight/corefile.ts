// corefile — which names are answered by a Corefile, and by no other server.

import { FaultList } from '../corefile/fault-list.ts';
import { readServerBlocks } from '../corefile/server-blocks.ts';
import { atOnce } from '../pieces.ts';

export interface ServerBlock {
  /** In lower case, without scheme, port and final dot; the root is `.`. */
  readonly zones: readonly string[];
  readonly plugins: readonly Plugin[];
}

export interface Plugin {
  readonly name: string;
  readonly words: readonly string[];
}

/** Never throws: what is wrong in it, and what it imports and is not here, is passed over. */
export function readCorefile(text: string): ServerBlock[] {
  const absent = () => {
    throw new Error('it is in the cluster');
  };
  const readFile = (path: string) => (path === PATH ? text : absent());
  const blocks = atOnce(
    readServerBlocks(PATH, { env: {}, readFile, listDirectory: absent }, new FaultList()),
  );
  return blocks.map(({ keys, directives }) => ({
    zones: keys.map((key) => zoneOf(key.text)),
    plugins: directives.map(({ name, args }) => ({ name: name.text, words: args.map((word) => word.text) })),
  }));
}

/** Domains that the plugin kubernetes answers for, without the reverse zones. */
export function clusterDomainsOf(blocks: readonly ServerBlock[]): string[] {
  const zones = blocks.flatMap(({ zones: own, plugins }) =>
    plugins
      .filter(({ name }) => name === 'kubernetes')
      .flatMap(({ words }) => (words.length === 0 ? own : words.map(zoneOf))),
  );
  return [...new Set(zones)].filter((zone) => zone !== '.' && !isReverse(zone));
}

/** What it has for names outside of the cluster, in a few words each: `zone corp.example`, `hosts /etc/hosts`. */
export function ownNamesOf(blocks: readonly ServerBlock[], domains: readonly string[]): string[] {
  const inCluster = (zone: string) =>
    isReverse(zone) || domains.some((domain) => zone === domain || zone.endsWith(`.${domain}`));
  return blocks.flatMap(({ zones, plugins }) => {
    const outside = zones.filter((zone) => zone !== '.' && !inCluster(zone));
    if (outside.length > 0) return outside.map((zone) => `zone ${zone}`);
    // A block for the cluster alone answers nothing else.
    if (!zones.includes('.')) return [];
    return plugins.flatMap(({ name, words }) => {
      const [first = '.', ...others] = words;
      if (name === 'forward' && zoneOf(first) !== '.')
        return inCluster(zoneOf(first)) ? [] : [`zone ${zoneOf(first)}`];
      if (name === 'forward' && others.some((to) => !to.startsWith('/')))
        return [`forward to ${others.join(' ')}`];
      return answering.has(name) ? [[name, ...words].join(' ')] : [];
    });
  });
}

// ---------------------------------------------------------------------------------------------------------------------

/** What it is called where it is told of. */
const PATH = 'Corefile';

/** Plugins that answer, or change questions, by what they were told; https://coredns.io/plugins. */
const answering: ReadonlySet<string> = new Set([
  ...[
    'hosts',
    'rewrite',
    'template',
    'file',
    'auto',
    'etcd',
    'secondary',
    'k8s_external',
    'records',
    'alternate',
  ],
  ...[
    'route53',
    'clouddns',
    'azure',
    'view',
    'acl',
    'dns64',
    'tailscale',
    'netbox',
    'mysql',
    'redis',
    'fanout',
  ],
]);

function zoneOf(key: string): string {
  const bare = key
    .toLowerCase()
    .replace(/^[a-z0-9+]+:\/\//, '')
    .replace(/:\d+$/, '');
  return bare === '.' || bare === '' ? '.' : bare.replace(/\.$/, '');
}

function isReverse(zone: string): boolean {
  return /(^|\.)(in-addr|ip6)\.arpa$/.test(zone) || /^[0-9a-f.:]+\/\d+$/.test(zone);
}
