// image.test — what can be said of the Dockerfile without building it: its sources exist, its versions fit.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { readText, repositoryFiles, root } from '../repository/files.ts';

interface Instruction {
  readonly name: string;
  readonly words: readonly string[];
}

interface Stage {
  readonly base: string;
  readonly alias: string | undefined;
  readonly instructions: readonly Instruction[];
}

const path = 'manifests/image/Dockerfile';
const text = readText(path);
const [build, final] = stagesOf(text);
const { engines, version, scripts } = JSON.parse(readText('package.json')) as {
  engines: { node: string };
  version: string;
  scripts: Record<string, string>;
};

test('there is a stage that builds, and one that is shipped and has nothing to build with', () => {
  assert.equal(stagesOf(text).length, 2);
  assert.match(final!.base, /-slim$/);
  const from = copiesOf(final!).filter(({ words }) => words[0] === `--from=${build!.alias}`);
  assert.deepEqual(
    from.map(({ words }) => words.slice(1)),
    [
      ['/build/node', '/usr/local/bin/node'],
      ['/build/dist/bundle', '/opt/twindns'],
    ],
  );
  assert.ok(runsOf(build!).includes('strip -o /build/node /usr/local/bin/node'));
  const installed = runsOf(final!).find((command) => command.includes('apt-get install'))!;
  assert.match(
    installed,
    /^apt-get update && .*--no-install-recommends iptables [a-z0-9+ ]+ && rm -rf \/var\/lib\/apt\/lists\/\*$/,
  );
});

test('both stages are one Debian, supported for years, and the Node.js is one that the package runs on', () => {
  const [, major, release] = /^node:(\d+)-([a-z]+)$/.exec(build!.base)!;
  const least = Number(/^>=(\d+)$/.exec(engines.node)![1]);
  assert.ok(Number(major) >= least && Number(major) % 2 === 0); // even ones are supported for long
  // What is compiled against one C library does not start with an older one.
  assert.equal(final!.base, `debian:${release}-slim`);
  assert.equal(release, 'trixie'); // Debian 13: to 2028, and by its long-term support to 2030
});

test('everything that is copied exists, and nothing that was built outside comes along', () => {
  const sources = [build!, final!].flatMap((stage) =>
    copiesOf(stage)
      .filter(({ words }) => !words.some((word) => word.startsWith('--from=')))
      .flatMap(({ words }) => words.slice(0, -1)),
  );
  assert.ok(sources.length > 8);
  for (const source of sources) {
    assert.ok(existsSync(join(root, source)), source);
    for (const built of ['node_modules', 'dist', 'build', 'prebuilds'])
      assert.ok(!existsSync(join(root, source, built)), `${source} would bring ${built}`);
  }
});

test('the program is built by the script of the package, from all it is made of', () => {
  assert.equal(runsOf(build!)[0], 'npm run bundle');
  assert.ok(scripts.bundle !== undefined);
  const targets = copiesOf(build!).flatMap(({ words }) => words.slice(0, -1));
  const there = (file: string) => targets.some((target) => file === target || file.startsWith(`${target}/`));
  const modules = repositoryFiles().filter((file) => /^(src|ha|chaos)\/.*\.(ts|mjs)$/.test(file));
  const imported = modules.flatMap((file) =>
    [...readText(file).matchAll(/(?:\bfrom|\bimport\(?)\s*'(\.[^']+)'/g)].map(([, to]) =>
      join(dirname(file), to!),
    ),
  );
  assert.ok(imported.length > 100);
  // What set-up loads of what was built is of commands of a checkout.
  const needed = [...new Set([...modules, ...imported])].filter((file) => !file.startsWith('dist/'));
  assert.deepEqual(
    needed.filter((file) => !there(file)),
    [],
  );
  const addon = JSON.parse(readText('node-reuseport/package.json')) as { files: string[] };
  const shipped = addon.files.filter((file) => !['prebuilt.mjs', 'prebuilds'].includes(file));
  assert.deepEqual(
    shipped.filter((file) => !there(`node-reuseport/${file}`)),
    [],
  );
});

test('the program is started without a shell, from where the bundle was put', () => {
  const only = (name: string) =>
    final!.instructions.filter((one) => one.name === name).map(({ words }) => words.join(' '));
  assert.deepEqual([only('ENTRYPOINT'), only('CMD')], [['["twindns"]'], ['["--help"]']]);
  assert.deepEqual([only('USER'), only('EXPOSE')], [[], []]);
  const [linked, ...tried] = runsOf(final!).at(-1)!.split(' && ');
  assert.equal(linked, 'ln -s /opt/twindns/twindns.mjs /usr/local/bin/twindns');
  assert.deepEqual(tried, ['twindns version', 'twindns clean --help']);
  assert.match(readText('src/set-up/bundle.mjs'), /'twindns\.mjs'/);
  assert.match(readText('src/main.ts'), /^#!\/usr\/bin\/env -S node /);
});

test('labels tell the version and the licence of the package', () => {
  const labels = final!.instructions.find(({ name }) => name === 'LABEL')!.words.join(' ');
  assert.ok(labels.includes(`org.opencontainers.image.version="${version}"`));
  assert.ok(labels.includes('org.opencontainers.image.licenses="Apache-2.0"'));
});

// ---------------------------------------------------------------------------------------------------------------------

function stagesOf(dockerfile: string): Stage[] {
  const lines = dockerfile
    .replace(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: { base: string; alias: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [name = '', ...words] = line.trim().split(/\s+/);
    if (name === 'FROM') stages.push({ base: words[0]!, alias: words[2], instructions: [] });
    else stages.at(-1)!.instructions.push({ name, words });
  }
  return stages;
}

function copiesOf({ instructions }: Stage): Instruction[] {
  return instructions.filter(({ name }) => name === 'COPY');
}

function runsOf({ instructions }: Stage): string[] {
  return instructions.filter(({ name }) => name === 'RUN').map(({ words }) => words.join(' '));
}
