// chart.test — the chart says what kustomize says: its files are copies, its values are used and have a schema. Where there is a
// Helm it renders the default, which is manifests/base; `npm run chart` renders every switch.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { runOptions } from '../../src/options/option-table.ts';
import { pageAt } from '../docs/pages.ts';
import { readText, repositoryFiles } from '../repository/files.ts';
import {
  chartFolder,
  differences,
  findHelm,
  renderedByHelm,
  renderedByKustomize,
  switches,
  values,
} from './chart.ts';
import { components, wholes } from './manifests.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
}

const schema = JSON.parse(readText(`${chartFolder}/values.schema.json`)) as Schema;
const templates = repositoryFiles(`${chartFolder}/templates`).map((path) => readText(path));
const { version } = JSON.parse(readText('package.json')) as { version: string };

/** Paths into the values that have no schema, or a schema and no default. */
function schemaProblems(one: unknown, { properties, patternProperties = {} }: Schema, path = ''): string[] {
  if (properties === undefined || typeof one !== 'object' || one === null) return [];
  const patterns = Object.keys(patternProperties).map((pattern) => new RegExp(pattern));
  const missing = Object.keys(one).filter(
    (key) => !(key in properties) && !patterns.some((it) => it.test(key)),
  );
  const without = Object.keys(properties).filter(
    (key) => !(key in one) && !/^(global|rollingUpdate)$/.test(key),
  );
  return [
    ...missing.map((key) => `${path}${key} has no schema`),
    ...without.map((key) => `${path}${key} has no default`),
    ...Object.entries(one).flatMap(([key, value]) =>
      key in properties ? schemaProblems(value, properties[key]!, `${path}${key}.`) : [],
    ),
  ];
}

test('each value has a schema, and what has a schema has a default', () => {
  assert.equal(schemaProblems({ ...values, odd: 1 }, schema).length, 1);
  const { serviceAccount: _, ...fewer } = values;
  assert.equal(schemaProblems(fewer, schema).length, 1);
  assert.deepEqual(schemaProblems(values, schema), []);
  const closed = ({ properties = {}, additionalProperties }: Schema): boolean =>
    Object.keys(properties).length === 0 ||
    (additionalProperties === false && Object.values(properties).every(closed));
  assert.ok(closed(schema), 'a value with a typing error in its name would be taken');
});

test('each value is used, and each that is used is there', () => {
  const text = templates.join('\n');
  const used = [...text.matchAll(/(?:\.Values|\$values)\.([a-zA-Z]+)/g)].map(([, name]) => name!);
  assert.deepEqual([...new Set(used)].sort(), Object.keys(values).sort());
  const switched = [...text.matchAll(/\$?overlays\.([a-zA-Z0-9]+)/g)].map(([, name]) => name!);
  for (const name of switched) assert.ok(name in values.overlays, name);
  for (const name of Object.keys(values.overlays))
    assert.match(text, new RegExp(`(overlays\\.|if \\.|and \\.)${name}\\b`), name);
});

test('settings are variables of options, and are those of kustomize', () => {
  const [pattern] = Object.keys(schema.properties!.settings!.patternProperties!);
  for (const { env } of runOptions) assert.match(env, new RegExp(pattern!));
  const lines = readText('manifests/settings/settings.env').split('\n');
  const pairs = lines.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split('='));
  assert.deepEqual(values.settings, Object.fromEntries(pairs));
});

test('what the chart has of kustomize is a copy', () => {
  const copies = {
    Corefile: 'manifests/base/Corefile',
    'alerts.yaml': 'manifests/components/alerts/alerts.yaml',
    'dashboard.yaml': 'manifests/components/dashboard/dashboard.yaml',
    'pod-monitor.yaml': 'manifests/components/pod-monitor/pod-monitor.yaml',
    'redirect.yaml': 'manifests/overlays/cilium/redirect.yaml',
    'service-monitor.yaml': 'manifests/components/service-monitor/service-monitor.yaml',
  };
  assert.deepEqual(
    repositoryFiles(`${chartFolder}/files`)
      .map((path) => path.slice(`${chartFolder}/files/`.length))
      .sort(),
    Object.keys(copies).sort(),
  );
  for (const [name, original] of Object.entries(copies))
    assert.equal(readText(`${chartFolder}/files/${name}`), readText(original), name);
});

test('each component and each overlay that changes the instances has a switch', () => {
  // Ways from and to another cache, which are gone one step at a time, and another name for a component.
  const byHand = ['overlays/beside-node-local-dns', 'overlays/migrate', 'overlays/ipvs', 'base', 'clean'];
  const named = [...components, ...wholes]
    .map((folder) => folder.slice('manifests/'.length))
    .filter((folder) => !byHand.includes(folder))
    .map((folder) => folder.replace(/^(overlays|components)\//, ''));
  const switched = switches.map(({ folder }) => folder.replace(/^.*\//, ''));
  assert.deepEqual([...new Set(named)].sort(), switched.sort());
});

test('its version is that of the package, and each file says in its first line what it is', () => {
  const chart = parse(readText(`${chartFolder}/Chart.yaml`)) as { version: string; appVersion: string };
  assert.deepEqual([chart.version, chart.appVersion], [version, version]);
  for (const path of repositoryFiles(chartFolder).filter((one) => !/\.(json|md)$/.test(one))) {
    const name = path.replace(/^.*\//, '').replace(/\.[a-z]+$/, '');
    assert.match(readText(path), new RegExp(`^(# |\\{\\{- /\\* )${name} — .*\\S`), path);
  }
});

test('the default is manifests/base', (t) => {
  const helm = findHelm(process.env);
  const base = renderedByKustomize();
  assert.equal(base.size, 8);
  assert.ok(differences(renderedByKustomize('manifests/components/tun'), base).length > 4);
  if (helm === undefined)
    return t.diagnostic('no helm here: not rendered. npm run chart does where there is one');
  assert.deepEqual(differences(renderedByHelm(helm), base), []);
});

test('its page names values that are there', () => {
  const named = [...pageAt(`${chartFolder}/README.md`).text.matchAll(/\| `([a-zA-Z.]+)`/g)].map(
    ([, path]) => path!,
  );
  assert.ok(named.length > 10);
  for (const path of named)
    assert.notEqual(
      path
        .split('.')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], values),
      undefined,
      path,
    );
  for (const name of Object.keys(values))
    assert.ok(
      named.some((path) => path.split('.')[0] === name),
      name,
    );
});
