// client — a program of a client library in surroundings as a pod has them: a resolv.conf of its own.

import { writeFileSync } from 'node:fs';
import { Dialogue } from '../host/dialogue.ts';
import { addressOf, kinds } from '../load/catalogue.ts';
import { nameFromText } from '../load/wire.ts';
import type { Library, Programs } from './programs.ts';

/** How a program is run. */
export interface Setting {
  readonly library: Library;
  /** What tells it from others of that library. */
  readonly how: string;
  readonly args?: readonly string[];
  /** Lines of its resolv.conf behind the name server's. */
  readonly lines?: readonly string[];
  /** What its search list puts behind a name. */
  readonly search?: string;
  /** It neither takes more than 512 bytes nor asks over TCP: names with more addresses are none for it. */
  readonly small?: true;
  /** It asks again as soon as it is answered, and gives up after one attempt: each datagram that is lost is a failure. */
  readonly hurried?: true;
}

const oneAttempt = { lines: ['options timeout:1 attempts:1'], hurried: true } as const;
const pod = 'default.svc.chaos.cluster.local';
const asPod = {
  lines: [`search ${pod} svc.chaos.cluster.local chaos.cluster.local`, 'options ndots:5'],
  search: pod,
};

export const settings: readonly Setting[] = [
  { library: 'glibc', how: 'as it is', args: ['both'] },
  {
    library: 'glibc',
    how: 'single-request-reopen',
    args: ['both'],
    lines: ['options single-request-reopen'],
  },
  { library: 'glibc', how: 'use-vc', args: ['both'], lines: ['options use-vc'] },
  { library: 'glibc', how: 'edns0', lines: ['options edns0'] },
  { library: 'glibc', how: 'one attempt of a second', ...oneAttempt },
  { library: 'glibc', how: 'as in a pod', args: ['both'], ...asPod },
  { library: 'musl', how: 'as it is', args: ['both'], small: true },
  { library: 'musl', how: 'one attempt of a second', ...oneAttempt, small: true },
  { library: 'musl', how: 'as in a pod', ...asPod, small: true },
  { library: 'go', how: 'as it is' },
  { library: 'go', how: 'one attempt of a second', ...oneAttempt },
  { library: 'go', how: 'use-vc', lines: ['options use-vc'] },
  { library: 'go', how: 'as in a pod', ...asPod },
  { library: 'node', how: 'c-ares', args: ['c-ares'] },
  { library: 'node', how: 'getaddrinfo' },
  { library: 'dnspython', how: 'UDP' },
  { library: 'dnspython', how: 'TCP', args: ['tcp'] },
];

export class Client {
  readonly setting: Setting;
  readonly #dialogue: Dialogue;

  /** @param folder where its resolv.conf is written; it is told of the server at `address`, port 53 */
  constructor(setting: Setting, { found }: Programs, folder: string, address: string) {
    const { library, how, args = [], lines = [] } = setting;
    this.setting = setting;
    const file = `${folder}/${library} ${how}.conf`;
    writeFileSync(file, `${[`nameserver ${address}`, ...lines].join('\n')}\n`);
    const inside = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
    const command = [...found.get(library)!, ...args];
    this.#dialogue = new Dialogue(['unshare', '--mount', 'sh', '-c', inside, file, ...command]);
  }

  get name(): string {
    return `${this.setting.library}, ${this.setting.how}`;
  }

  /** Looks `label.zone` up, or `label` alone where a search list completes it; resolves to addresses, or to an error. */
  async lookUp(label: string, zone: string): Promise<readonly string[] | string> {
    const { search } = this.setting;
    const said = await this.#dialogue.ask(search === undefined ? `${label}.${zone}.` : label);
    return Array.isArray(said) ? (said as string[]) : String((said as { readonly error?: unknown }).error);
  }

  close(): void {
    this.#dialogue.close();
  }
}

/** What is wrong with what a client found under a name of the catalogue; undefined when nothing is. */
export function faultOf(
  { search }: Setting,
  label: string,
  zone: string,
  found: readonly string[] | string,
): string | undefined {
  const { records } = kinds[label.split('-')[0] as keyof typeof kinds];
  if (typeof found === 'string') return records === 0 && found === 'none' ? undefined : found;
  const name = nameFromText(`${label}.${search ?? zone}`);
  const right = new Set(
    Array.from({ length: records }, (_, n) => addressText(addressOf(name, 0, name.length, n))),
  );
  if (!found.every((address) => right.has(address))) return 'an address of another name';
  return found.length === records ? undefined : `${found.length} of ${records} addresses`;
}

// ---------------------------------------------------------------------------------------------------------------------

function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}
