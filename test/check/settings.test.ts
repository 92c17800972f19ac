// settings.test — settings that an instance would refuse, or not see, are told with their line; those of the manifests are taken.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { resourcesOf } from '../../chaos/cluster/manifests.ts';
import { isDaemonSet } from '../../chaos/cluster/shapes.ts';
import { check } from '../../src/check/check.ts';
import { isSettings, readSettings, saidByManifests } from '../../src/check/settings.ts';
import { TwindnsError } from '../../src/errors.ts';
import { runOptions } from '../../src/options/option-table.ts';
import { containerOf, nameOf } from '../manifests/told.ts';
import { readText, root } from '../repository/files.ts';

const settings = 'manifests/settings/settings.env';
const problemsWith = (...lines: string[]) =>
  readSettings(`${readText(settings)}${lines.join('\n')}\n`).problems;

test('the settings of the manifests are taken, and those that are commented out as well', () => {
  assert.deepEqual(problemsWith(), []);
  const all = readText(settings).replace(/^# (?=[A-Z_]+=)/gm, '');
  assert.notEqual(all, readText(settings));
  assert.deepEqual(readSettings(all).problems, []);
});

test('what would be refused is told, each with its line', () => {
  const line = readText(settings).split('\n').length;
  const cases: readonly (readonly [string, RegExp])[] = [
    ['TWINDNS_DRAIN_TIMEOUT=5', /TWINDNS_DRAIN_TIMEOUT is "5": not a duration/],
    ['TWINDNS_SYNC_INTERVAL="60s"', /TWINDNS_SYNC_INTERVAL is .*: not a duration/],
    ['TWINDNS_CACHE_TTL=30s', /TWINDNS_CACHE_TTL would do nothing: `cache` of the Corefile/],
    ['TWINDNS_RULES=iptable', /TWINDNS_RULES is "iptable"/],
    ['TWINDNS_CASH_TTL=30s', /TWINDNS_CASH_TTL is no setting/],
    ['KUBE_DNS_SERVICE_HOST=kube-dns', /not an IP address/],
    ['PRIMARY_ADMIN_PORT=9255', /PRIMARY_ADMIN_PORT is set twice/],
    ['TWINDNS_LISTEN=192.0.2.1', /TWINDNS_LISTEN would not be seen/],
    ['TWINDNS_RULES: none', /is no NAME=VALUE/],
    [' TWINDNS_RULES=none', /is no NAME=VALUE/],
  ];
  for (const [text, wanted] of cases) {
    const problems = problemsWith(text);
    assert.equal(problems.length, 1, text);
    assert.match(problems[0]!, new RegExp(`^line ${line}: .*${wanted.source}`), text);
  }
  assert.equal(problemsWith(...cases.map(([text]) => text)).length, cases.length);
});

test('what does not fit together is told', () => {
  const own = readText(settings).replace('UPSTREAM=/etc/resolv.conf', 'UPSTREAM=169.254.20.10');
  assert.match(readSettings(own).problems.join(), /169\.254\.20\.10/);
  const same = readText(settings).replace('SECONDARY_ADMIN_PORT=9254', 'SECONDARY_ADMIN_PORT=9253');
  assert.match(readSettings(same).problems.join(), /are the same/);
});

test('what the manifests say themselves is what the DaemonSets say', () => {
  const said = resourcesOf('manifests/base')
    .filter(isDaemonSet)
    .map(containerOf)
    .flatMap(({ args = [], env = [] }) => [...args.slice(1).map(nameOf), ...env.map(({ name }) => name)]);
  const rows = runOptions.filter(({ name, env }) => said.includes(name) || said.includes(env));
  assert.deepEqual([...saidByManifests].sort(), rows.map(({ name }) => name).sort());
});

test('the command prints that all is well, and throws where it is not', async () => {
  const said: string[] = [];
  const checked = (file: string) =>
    check({ file, json: false, name: undefined, type: 'A', client: '127.0.0.1' }, {}, (text) =>
      said.push(text),
    );
  await checked(join(root, settings));
  assert.match(said.join(), /^\d settings, and an instance takes all of them\.\n$/);
  const refusal = (code: string) => (error: unknown) => error instanceof TwindnsError && error.code === code;
  await assert.rejects(checked('no/such/file'), refusal('FAILED'));
  await assert.rejects(checked(join(root, 'package.json')), refusal('CONFIG_REFUSED'));
});

test('settings and Corefiles are told apart by what is in them', () => {
  assert.equal(isSettings(readText(settings)), true);
  assert.equal(isSettings('TWINDNS_RULES: none\nTWINDNS_PORT=53\n'), true);
  assert.equal(isSettings('.:53 {\n    loop\n}\n'), false);
  assert.equal(isSettings('a.example\nforward . 192.0.2.1\n'), false);
});
