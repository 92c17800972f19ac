// generated-map — a ConfigMap as kustomize generates it: of files and words, with a digest of its content in its name.

import { createHash } from 'node:crypto';
import { basename } from 'node:path/posix';
import type { ConfigMap, Generator, Labels } from './shapes.ts';

/** @param read the text of a file that the generator names */
export function generated(generator: Generator, read: (path: string) => string, old?: ConfigMap): ConfigMap {
  const { name, envs = [], literals = [], files = [], options } = generator;
  const lines = [...envs.flatMap((path) => read(path).split('\n')), ...literals];
  const pairs = lines
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const at = line.indexOf('=');
      if (at < 1) throw new Error(`"${line}" of the ConfigMap ${name} is no NAME=VALUE`);
      return [line.slice(0, at), line.slice(at + 1)] as const;
    });
  const labels: Labels = { ...old?.metadata.labels, ...options?.labels };
  return {
    kind: 'ConfigMap',
    metadata: { name, labels },
    data: {
      ...old?.data,
      ...Object.fromEntries(pairs),
      ...Object.fromEntries(files.map((path) => [basename(path), read(path)])),
    },
    hasPlainName: options?.disableNameSuffixHash === true,
  };
}

/** What kustomize puts behind the name, of the data alone: ten hexadecimal digits, some of them as letters that spell no words. */
export function digestOf({ kind, data }: ConfigMap): string {
  const sorted = Object.fromEntries(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)));
  const text = JSON.stringify({ data: sorted, kind, name: '' });
  const digits = createHash('sha256').update(text).digest('hex').slice(0, 10);
  return digits.replace(/[013ae]/g, (digit) => LETTERS[digit]!);
}

// ---------------------------------------------------------------------------------------------------------------------

const LETTERS: Readonly<Record<string, string>> = { '0': 'g', '1': 'h', '3': 'k', a: 'm', e: 't' };
