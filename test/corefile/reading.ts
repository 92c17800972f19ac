// reading — Corefiles read from texts, with files, an environment and interfaces that are made up.

import { dirname } from 'node:path';
import { FaultList } from '../../src/corefile/fault-list.ts';
import { type ReadCorefile, readPlan } from '../../src/corefile/read-corefile.ts';
import { readServerBlocks } from '../../src/corefile/server-blocks.ts';
import type { Surroundings } from '../../src/corefile/surroundings.ts';
import { atOnce } from '../../src/pieces.ts';
import type { BlockPlan } from '../../src/plan/plan.ts';

export interface MadeUp {
  /** Texts by their paths. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Surroundings['env'];
  readonly interfaces?: Readonly<Record<string, readonly string[]>>;
  readonly listen?: readonly string[];
}

export const corefile = '/etc/coredns/Corefile';

/** The engine of regular expressions has to be loaded where the text has one. */
export function read(text: string, madeUp: MadeUp = {}): ReadCorefile {
  const surroundings = madeUpSurroundings(text, madeUp);
  const faults = new FaultList();
  const blocks = atOnce(readServerBlocks(corefile, surroundings, faults));
  return atOnce(readPlan(corefile, blocks, surroundings, faults));
}

/** Lines of a block for the root on port 53 of 127.0.0.1; the first of them is line 3. */
export function block(...lines: readonly string[]): string {
  return `.:53 {\n    bind 127.0.0.1\n${lines.map((line) => `    ${line}\n`).join('')}}\n`;
}

/** What the lines of one block come to. @throws Error when they are refused */
export function blockOf(lines: readonly string[], madeUp?: MadeUp): BlockPlan {
  const { plan, faults } = read(block(...lines), madeUp);
  if (faults.length > 0) throw new Error(said(faults));
  return plan.listeners[0]!.zones[0]!.block;
}

/** One a line: `3: sentence`. */
export function said(faults: ReadCorefile['faults']): string {
  return faults
    .map(({ file, line, sentence }) => `${file === corefile ? '' : `${file}:`}${line}: ${sentence}`)
    .join('\n');
}

export function madeUpSurroundings(
  text: string,
  { files = {}, env = {}, interfaces = {}, listen }: MadeUp = {},
): Surroundings {
  const all = new Map(
    Object.entries({ '/etc/resolv.conf': 'nameserver 192.0.2.53\n', ...files, [corefile]: text }),
  );
  return {
    ...{ env, hostname: 'node-1', version: '1.2.3', listen: listen ?? ['127.0.0.1'], port: 53 },
    addressesOf: (name) => (Object.hasOwn(interfaces, name) ? interfaces[name] : undefined),
    readFile(path, most) {
      const found = all.get(path);
      if (found === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
      if (found.length > most) throw new Error('it is too long');
      return found;
    },
    checkFile(path) {
      this.readFile(path, Number.POSITIVE_INFINITY);
    },
    listDirectory: (path) =>
      [...all.keys()]
        .filter((file) => dirname(file) === path)
        .map((file) => ({ name: file.slice(path.length + 1), isFile: true })),
  };
}
