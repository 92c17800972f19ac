// kustomization.test — every file under manifests/ is used, found, and says in its first line what it is.

import assert from 'node:assert/strict';
import { basename, join } from 'node:path/posix';
import { test } from 'node:test';
import { kustomizationOf, readYaml, resourcesOf } from '../../chaos/cluster/manifests.ts';
import { merged } from '../../chaos/cluster/merged.ts';
import { isDaemonSet, type Kustomization, type Resource } from '../../chaos/cluster/shapes.ts';
import { readText, repositoryFiles } from '../repository/files.ts';
import { components, kustomizedFolders, wholes } from './manifests.ts';
import { containersOf } from './pod-rules.ts';

/** The chart and the units of systemd have tests of their own. */
const files = repositoryFiles('manifests').filter(
  (path) => !/\.md$|^manifests\/(chart|systemd)\//.test(path),
);
const { version } = JSON.parse(readText('package.json')) as { version: string };

/** Files a kustomization names, and folders. */
function named({
  resources = [],
  components = [],
  patches = [],
  configMapGenerator = [],
}: Kustomization): string[] {
  const read = configMapGenerator.flatMap(({ envs = [], files = [] }) => [...envs, ...files]);
  return [...resources, ...components, ...read, ...patches.map(({ path }) => path)];
}

test('every folder with manifests is a kustomization, every whole is known', () => {
  const folders = kustomizedFolders();
  const yaml = files.filter((path) => path.endsWith('.yaml'));
  for (const path of yaml) assert.ok(folders.includes(path.replace(/\/[^/]+$/, '')), path);
  const whole: readonly string[] = folders.filter(
    (folder) => kustomizationOf(folder).kind === 'Kustomization',
  );
  const parts: readonly string[] = folders.filter((one) => !whole.includes(one));
  assert.deepEqual(whole, [...wholes]);
  assert.deepEqual(parts, [...components, 'manifests/image', 'manifests/settings']);
});

test('every file is listed once, and every one that is listed exists', () => {
  for (const folder of kustomizedFolders()) {
    const listed = named(kustomizationOf(folder));
    assert.equal(new Set(listed).size, listed.length, folder);
    const here = files
      .filter((path) => path.startsWith(`${folder}/`))
      .map((path) => path.slice(folder.length + 1));
    const isFile = (path: string) => /^[^/]+(\.(yaml|env)|Corefile)$|^Corefile$/.test(path);
    const own = here.filter((path) => isFile(path) && path !== 'kustomization.yaml');
    assert.deepEqual(listed.filter(isFile).sort(), own.sort(), folder);
    for (const path of listed.filter((one) => !isFile(one)))
      assert.ok(files.includes(join(folder, path, 'kustomization.yaml')), `${folder}: ${path}`);
  }
});

test('the first line of each file says what it is', () => {
  for (const path of files) {
    const name = basename(path).replace(/\.yaml$/, '');
    assert.match(readText(path).split('\n')[0]!, new RegExp(`^# ${name} — .*\\S$`), path);
  }
});

test('each file holds one object, and all are for one namespace', () => {
  const objects = files.filter((path) => path.endsWith('.yaml') && basename(path) !== 'kustomization.yaml');
  for (const path of objects) {
    const { kind, metadata } = readYaml(path) as Resource & { metadata: { namespace?: string } };
    assert.ok(kind && metadata.name && metadata.namespace === undefined, path); // the kustomization says it once
  }
  const namespaces = wholes.map((folder) => kustomizationOf(folder).namespace ?? 'of its base');
  assert.deepEqual([...new Set(namespaces.slice(0, 2))], ['kube-system']);
  assert.deepEqual([...new Set(namespaces.slice(2))].sort(), ['kube-system', 'of its base']);
  // What is named in a base has the namespace of that base; an object beside it would have none.
  for (const folder of kustomizedFolders()) {
    const { namespace, resources = [] } = kustomizationOf(folder);
    const own = resources.filter((path) => path.endsWith('.yaml'));
    assert.equal(namespace, own.length > 0 ? 'kube-system' : undefined, folder);
  }
});

test('one place says which image it is, of the version of this checkout', () => {
  const { images } = kustomizationOf('manifests/image');
  assert.deepEqual(
    images?.map(({ name, newTag }) => [name, newTag]),
    [['twindns', version]],
  );
  for (const folder of ['manifests/base', 'manifests/clean'])
    assert.deepEqual(kustomizationOf(folder).components, ['../settings', '../image']);
  for (const folder of kustomizedFolders().filter((one) => one !== 'manifests/image'))
    assert.equal(kustomizationOf(folder).images, undefined, folder);
  const pods = wholes.flatMap((folder) => resourcesOf(folder).filter(isDaemonSet));
  for (const { metadata, spec } of pods)
    for (const { image } of containersOf(spec.template.spec)) assert.equal(image, 'twindns', metadata.name);
});

test('a patch is merged as kustomize does it: by name, what it names first, the rest as it was', () => {
  const old = { a: 1, args: ['x'], env: [{ name: 'A', value: 1 }, { name: 'B' }, { name: 'C' }] };
  const patch = { args: ['y'], env: [{ name: 'C', value: 3 }, { name: 'D' }, { name: 'A', more: 2 }] };
  assert.deepEqual(merged(old, patch), {
    a: 1,
    args: ['y'],
    env: [{ name: 'C', value: 3 }, { name: 'D' }, { name: 'A', value: 1, more: 2 }, { name: 'B' }],
  });
  const mounts = [
    { name: 'a', mountPath: '/a' },
    { name: 'b', mountPath: '/b' },
  ];
  assert.deepEqual(merged(mounts, [{ mountPath: '/a', $patch: 'delete' }]), [{ name: 'b', mountPath: '/b' }]);
  const ports = [{ name: 'metrics', port: 1, targetPort: 1 }];
  assert.deepEqual(merged(ports, [{ port: 1, targetPort: 2 }]), [
    { name: 'metrics', port: 1, targetPort: 2 },
  ]);
});
