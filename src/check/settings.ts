// settings — settings as the manifests have them, and which of them an instance would refuse, or would never see.

import { TwindnsError } from '../errors.ts';
import { buildConfig } from '../options/build-config.ts';
import { parseAddress } from '../options/endpoint.ts';
import { type OptionName, runOptions } from '../options/option-table.ts';
import { readOptions } from '../options/options.ts';

/** What the DaemonSets of the manifests say themselves, so that a setting would not be seen. */
export const saidByManifests: readonly OptionName[] = [
  ...(['slot', 'listen', 'cluster-dns', 'corefile', 'leader', 'keep-interface', 'admin', 'health'] as const),
];

/** Whether a text is settings and no Corefile: of that no line has a name and `=` at its begin. */
export function isSettings(text: string): boolean {
  return /^[A-Za-z_]\w*=/m.test(text) && !/\{\s*$/m.test(text);
}

/** Settings by name, and a sentence for each thing that is wrong with them. */
export function readSettings(text: string): {
  readonly found: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
} {
  const found = new Map<string, string>();
  const problems: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/.exec(line) ?? [];
    const problem =
      name === undefined || value === undefined
        ? `${JSON.stringify(line)} is no NAME=VALUE. Write it without spaces or quotes.`
        : found.has(name)
          ? `${name} is set twice. Keep one of them.`
          : problemOf(name, value);
    if (problem !== undefined) problems.push(`line ${index + 1}: ${problem}`);
    if (name !== undefined && value !== undefined) found.set(name, value);
  }
  return { found, problems: problems.length > 0 ? problems : problemsTogether(found) };
}

// ---------------------------------------------------------------------------------------------------------------------

/** What the DaemonSets make options of. */
const addresses = ['NODE_LOCAL_ADDRESS', 'KUBE_DNS_SERVICE_HOST'] as const;
const ports = ['PRIMARY_ADMIN_PORT', 'SECONDARY_ADMIN_PORT'] as const;

function problemOf(name: string, value: string): string | undefined {
  const quoted = JSON.stringify(value);
  if (addresses.some((one) => one === name))
    return parseAddress(value) === undefined ? `${name} is ${quoted}: not an IP address.` : undefined;
  if (ports.some((one) => one === name))
    return /^\d{1,5}$/.test(value) && Number(value) > 0 && Number(value) < 65536
      ? undefined
      : `${name} is ${quoted}: not a port. Give a number from 1 to 65535.`;
  const row = runOptions.find(({ env }) => env === name);
  if (row === undefined) return `${name} is no setting. Look for its name in \`twindns run --help\`.`;
  if (saidByManifests.includes(row.name))
    return `${name} would not be seen: the DaemonSets say it themselves. Change it there.`;
  if (row.name === 'cache-ttl')
    return `${name} would do nothing: \`cache\` of the Corefile says how long answers are kept. Change it there.`;
  return refusalOf(() => readOptions({}, { [name]: value }));
}

function problemsTogether(found: ReadonlyMap<string, string>): string[] {
  const [primary, secondary] = ports.map((name) => found.get(name));
  const same = primary !== undefined && primary === secondary;
  const listen = addresses.flatMap((name) => found.get(name) ?? []).join();
  const refusal = refusalOf(() => {
    const options = readOptions(
      {},
      { ...Object.fromEntries(found), ...(listen && { TWINDNS_LISTEN: listen }) },
    );
    buildConfig(options, { slot: 'primary', terminal: false, readFile: () => undefined });
  });
  return [
    ...(same ? [`${ports.join(' and ')} are the same.`] : []),
    ...(refusal === undefined ? [] : [refusal]),
  ];
}

function refusalOf(read: () => void): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof TwindnsError) return error.message;
    throw error;
  }
}
