// build-config.test — what the options leave open is filled in by slot, terminal and file; asking ourselves is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Surroundings } from '../../src/options/build-config.ts';
import { buildConfig } from '../../src/options/build-config.ts';
import { readOptions } from '../../src/options/options.ts';

const here: Surroundings = { slot: 'primary', terminal: false, readFile: () => 'nameserver 10.0.0.1\n' };
const build = (flags: Parameters<typeof readOptions>[0], surroundings: Partial<Surroundings> = {}) =>
  buildConfig(readOptions(flags, {}), { ...here, ...surroundings });

test('each slot has an admin port of its own unless one is given', () => {
  assert.equal(build({}).config.admin?.port, 9253);
  assert.equal(build({}, { slot: 'secondary' }).config.admin?.port, 9254);
  assert.equal(build({ admin: '127.0.0.1:9999' }, { slot: 'secondary' }).config.admin?.port, 9999);
  assert.equal(build({ admin: 'off' }).config.admin, undefined);
});

test('the log is JSON unless it goes to a terminal or was told otherwise', () => {
  assert.equal(build({}).config.logFormat, 'json');
  assert.equal(build({}, { terminal: true }).config.logFormat, 'text');
  assert.equal(build({ 'log-format': 'json' }, { terminal: true }).config.logFormat, 'json');
});

test('upstreams come from the file, which is remembered, or from the flag', () => {
  const file = build({}).config;
  assert.deepEqual(
    [file.upstreams, file.upstreamFile],
    [[{ address: '10.0.0.1', port: 53 }], '/etc/resolv.conf'],
  );
  const flag = build({ upstream: '10.0.0.2' }).config;
  assert.deepEqual([flag.upstreams, flag.upstreamFile], [[{ address: '10.0.0.2', port: 53 }], undefined]);
});

test('a file that is missing is a warning, not an end', () => {
  const { config, warnings } = build({}, { readFile: () => undefined });
  assert.deepEqual(config.upstreams, []);
  assert.equal(warnings.length, 2);
  assert.match(warnings[1]!, /--upstream comes to no server/);
});

test('a server that is ourselves is refused by its flag', () => {
  for (const name of ['upstream', 'cluster-dns'] as const) {
    assert.throws(() => build({ [name]: '127.0.0.1' }), {
      code: 'CONFIG_REFUSED',
      exitCode: 3,
      message: new RegExp(`--${name} names 127\\.0\\.0\\.1:53`),
    });
    assert.ok(build({ [name]: '127.0.0.1:5353' }));
  }
});

test('autopath takes the search domains of the file of --upstream, and needs a cluster DNS', () => {
  const readFile = () => 'nameserver 192.0.2.53\nsearch corp.example\n';
  const { config, warnings } = build({ autopath: 'on' }, { readFile });
  assert.deepEqual(config.autopath, ['corp.example']);
  assert.match(warnings.at(-1)!, /--autopath does nothing without --cluster-dns/);
  assert.equal(build({}, { readFile }).config.autopath, undefined);
});
