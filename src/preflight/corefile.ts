// corefile — reads a Corefile as far as it takes to see which names are answered by it, and by no other server.

export interface ServerBlock {
  /** In lower case, without scheme, port and final dot; the root is `.`. */
  readonly zones: readonly string[];
  readonly plugins: readonly Plugin[];
}

export interface Plugin {
  readonly name: string;
  readonly words: readonly string[];
}

/** Blocks, and snippets as blocks without zones. Never throws: what it does not understand it steps over. */
export function readCorefile(text: string): ServerBlock[] {
  const blocks: { zones: string[]; plugins: Plugin[] }[] = [];
  let depth = 0;
  let keys: string[] = [];
  for (const line of text.split('\n')) {
    const words = wordsOf(line);
    const opens = words.at(-1) === '{';
    if (words.length === 0) continue;
    if (words[0] === '}') {
      depth = Math.max(0, depth - 1);
      continue;
    }
    if (depth === 0) {
      // Keys may go on in the next line behind a comma.
      keys.push(
        ...(opens ? words.slice(0, -1) : words)
          .flatMap((word) => word.split(','))
          .filter((word) => word !== ''),
      );
      if (opens) {
        blocks.push({ zones: keys.filter((key) => !/^\(.*\)$/.test(key)).map(zoneOf), plugins: [] });
        keys = [];
      }
    } else if (depth === 1) {
      const [name = '', ...rest] = opens ? words.slice(0, -1) : words;
      blocks.at(-1)?.plugins.push({ name, words: rest });
    }
    if (opens) depth++;
  }
  return blocks;
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
    // A block for the cluster alone answers nothing else; a snippet has no zones, and may be part of any.
    if (zones.length > 0 && !zones.includes('.')) return [];
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

function wordsOf(line: string): string[] {
  return line
    .replace(/(^|\s)#.*$/, '')
    .split(/\s+/)
    .filter((word) => word !== '');
}

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
