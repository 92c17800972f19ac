// systemd.test — the units keep both instances apart, tell them what they understand, and let them do what they need and no more.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { runOptions } from '../../src/options/option-table.ts';
import { flagOf, readOptions } from '../../src/options/options.ts';
import { readText, repositoryFiles, root } from '../repository/files.ts';

const folder = 'manifests/systemd';
const files = repositoryFiles(folder).filter((path) => !path.endsWith('.md'));
const instance = valuesOf('twindns@.service');

/** Values by key, in the order they stand in. Sections do not matter: no key is in two. */
function valuesOf(name: string): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const line of readText(`${folder}/${name}`).split('\n')) {
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (key !== undefined) values.set(key, [...(values.get(key) ?? []), value!]);
  }
  return values;
}

function settingOf(key: string, values = instance): string {
  const all = values.get(key) ?? [];
  assert.equal(all.length, 1, key);
  return all[0]!;
}

/** Keys by which stopping one unit would stop another. */
const bonds = [
  'BindsTo',
  'Conflicts',
  'PartOf',
  'PropagatesStopTo',
  'Requires',
  'Requisite',
  'StopPropagatedFrom',
];

/** Of systemd.time(7), as far as the units use it. */
function msOf(text: string): number {
  const [, digits, unit] = /^(\d+)(ms|s)$/.exec(text)!;
  return Number(digits) * (unit === 's' ? 1000 : 1);
}

test('nothing that stops one instance stops the other', () => {
  for (const path of files.filter((one) => /\.(service|target)$/.test(one))) {
    const keys = [...valuesOf(basename(path)).keys()];
    assert.deepEqual(
      keys.filter((key) => bonds.includes(key)),
      [],
      path,
    );
  }
  assert.equal(
    settingOf('Wants', valuesOf('twindns.target')),
    'twindns@primary.service twindns@secondary.service',
  );
});

test('both are restarted one after the other, and only when neither is away', () => {
  const values = valuesOf('twindns-rolling-restart.service');
  assert.equal(settingOf('Type', values), 'oneshot'); // one command after the other, until one fails
  const steps = values.get('ExecStart')!;
  const both = (what: string) =>
    ['primary', 'secondary'].map((slot) => `systemctl ${what} twindns@${slot}.service`);
  assert.deepEqual(steps, [...both('is-active --quiet'), ...both('restart')]);
  assert.equal(settingOf('Type'), 'notify'); // or a restart would end before the instance answers
});

test('an instance is told what it understands', () => {
  const [program, command, ...words] = settingOf('ExecStart').split(' ');
  assert.deepEqual([program, command, words], ['/usr/local/bin/twindns', 'run', ['--slot', '%i']]);
  const told = (text: string) =>
    Object.fromEntries(
      [...text.matchAll(/\b(TWINDNS_\w+)=(\S+)/g)].map(([, name, value]) => [name!, value!]),
    );
  const env = { ...told(readText(`${folder}/twindns.env`)), ...told(readText(`${folder}/leader.conf`)) };
  assert.ok(Object.keys(env).length > 6);
  for (const name of Object.keys(env))
    assert.ok(
      runOptions.some((row) => row.env === name),
      name,
    );
  for (const slot of ['primary', 'secondary'] as const) {
    const options = readOptions({ slot }, env);
    assert.deepEqual([options.leader, options.rules, options['interface-type']], [true, 'none', 'dummy']);
    assert.ok(msOf(settingOf('TimeoutStopSec')) > options['drain-timeout'], flagOf('drain-timeout'));
    assert.ok(msOf(settingOf('WatchdogSec')) >= 10_000);
  }
});

test('both are one user with one directory, have port 53 and no other privilege', () => {
  assert.equal(settingOf('User'), /^u (\S+) /m.exec(readText(`${folder}/sysusers.conf`))![1]);
  // Where a user finds it that owns it: /run/twindns.
  assert.deepEqual(
    ['RuntimeDirectory', 'RuntimeDirectoryMode', 'RuntimeDirectoryPreserve'].map((key) => settingOf(key)),
    ['twindns', '0700', 'yes'],
  );
  for (const [values, capability] of [
    [instance, 'CAP_NET_BIND_SERVICE'],
    [valuesOf('leader.conf'), 'CAP_NET_ADMIN'],
  ] as const)
    for (const key of ['AmbientCapabilities', 'CapabilityBoundingSet'])
      assert.equal(settingOf(key, values), capability);
  for (const key of ['NoNewPrivileges', 'PrivateDevices', 'ProtectHome', 'RestrictNamespaces'])
    assert.equal(settingOf(key), 'yes', key);
  assert.equal(instance.get('MemoryDenyWriteExecute'), undefined); // Node.js compiles as it runs
  assert.equal(settingOf('SystemCallErrorNumber'), 'EPERM'); // V8 asks for calls that it can do without
});

test('the limit of memory has room for the cache', () => {
  const cache = Number(/TWINDNS_CACHE_BYTES=(\d+)MiB/.exec(readText(`${folder}/twindns.env`))![1]);
  assert.ok(Number(/^(\d+)M$/.exec(settingOf('MemoryMax'))![1]) >= 2 * (73 + cache));
});

test('the first line of each file says what it is', () => {
  for (const path of files) {
    const name = basename(path).replace(/\.[a-z]+$/, '');
    assert.match(readText(path).split('\n')[0]!, new RegExp(`^# ${name} — .*\\S$`), path);
  }
});

test('systemd accepts the units', (t) => {
  if (spawnSync('systemd-analyze', ['--version']).status !== 0)
    return t.diagnostic('no systemd-analyze here: systemd did not read the units');
  const copy = mkdtempSync(join(tmpdir(), 'twindns-units-'));
  t.after(() => rmSync(copy, { recursive: true }));
  cpSync(join(root, folder), copy, { recursive: true });
  // What is not installed here is missed otherwise.
  for (const name of readdirSync(copy)) {
    const text = readFileSync(join(copy, name), 'utf8');
    writeFileSync(join(copy, name), text.replaceAll('/usr/local/bin/twindns', process.execPath));
  }
  const units = ['twindns@primary.service', 'twindns.target', 'twindns-rolling-restart.service'];
  const verify = () =>
    execFileSync('systemd-analyze', ['verify', '--man=no', ...units.map((unit) => join(copy, unit))], {
      env: { PATH: process.env.PATH, SYSTEMD_UNIT_PATH: `${copy}:` },
      encoding: 'utf8',
      stdio: 'pipe',
    });
  verify();
  const file = join(copy, 'twindns.target');
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace('[Install]', '[Instal]\nWantedBy=[\n[Install]\nAfter=1'),
  );
  const wrong = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
  assert.match(wrong.stderr, /Unknown section|Unknown key/);
});
