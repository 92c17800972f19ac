// options.test — flags, environment and defaults become values, or one sentence that says what would be right.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OptionName } from '../../src/options/option-table.ts';
import { runOptions } from '../../src/options/option-table.ts';
import { readOptions } from '../../src/options/options.ts';

const read = (name: OptionName, text: string) => readOptions({ [name]: text }, {})[name];
const refusal = (name: OptionName, text: string): string => {
  try {
    read(name, text);
  } catch (error) {
    assert.ok(error instanceof Error && 'exitCode' in error);
    assert.equal(error.exitCode, 2);
    return error.message;
  }
  return assert.fail(`--${name}=${text} was accepted`);
};

test('every default is a value its own row accepts', () => {
  assert.deepEqual(readOptions({}, {}), {
    listen: ['127.0.0.1'],
    port: 53,
    slot: 'auto',
    upstream: { file: '/etc/resolv.conf' },
    'cluster-domain': 'cluster.local',
    'cluster-dns': [],
    corefile: 'off',
    'kube-dns-config': '/etc/kube-dns',
    'require-cluster-dns': true,
    autopath: false,
    leader: false,
    'keep-interface': false,
    interface: 'nodelocaldns',
    'interface-type': 'dummy',
    rules: 'iptables',
    'sync-interval': 60_000,
    'udp-size': 4096,
    'cache-bytes': 32 * 1024 ** 2,
    'cache-ttl': 30_000,
    admin: 'auto',
    health: 'off',
    metrics: 'off',
    'pid-file': 'off',
    'channel-directory': 'auto',
    'core-files': false,
    'drain-timeout': 5000,
    'wait-for-twin': 1_800_000,
    'log-level': 'info',
    'log-format': 'auto',
  });
});

test('a flag wins over the environment, the environment over the default, an empty variable is none', () => {
  assert.equal(readOptions({ port: '1053' }, { TWINDNS_PORT: '2053' }).port, 1053);
  assert.equal(readOptions({}, { TWINDNS_PORT: '2053' }).port, 2053);
  assert.equal(readOptions({}, { TWINDNS_PORT: '' }).port, 53);
});

test('the variables of a Kubernetes Service named twindns are not taken for options', () => {
  assert.equal(readOptions({}, { TWINDNS_PORT: 'tcp://10.96.0.10:53' }).port, 53);
});

test('environment names follow from the flags', () => {
  for (const { name, env } of runOptions) {
    assert.equal(env, `TWINDNS_${name.toUpperCase().replaceAll('-', '_')}`);
  }
});

test('listen addresses of both families come in one spelling, each once', () => {
  assert.deepEqual(read('listen', '169.254.20.10, FD00:0::10,fd00::10'), ['169.254.20.10', 'fd00::10']);
});

test('servers have a port or get 53; IPv6 with a port is in brackets', () => {
  assert.deepEqual(read('cluster-dns', '10.96.0.10,10.96.0.10:5353,[fd00::a]:5353,fd00::a,[fd00::a]'), [
    { address: '10.96.0.10', port: 53 },
    { address: '10.96.0.10', port: 5353 },
    { address: 'fd00::a', port: 5353 },
    { address: 'fd00::a', port: 53 },
  ]);
  assert.deepEqual(read('cluster-dns', 'off'), []);
});

test('an upstream with a slash is a file, anything else is servers', () => {
  assert.deepEqual(read('upstream', './resolv.conf'), { file: './resolv.conf' });
  assert.deepEqual(read('upstream', '9.9.9.9'), { endpoints: [{ address: '9.9.9.9', port: 53 }] });
});

test('sizes, durations, words and names are read in the forms people write', () => {
  assert.equal(read('cache-bytes', '64M'), 64 * 1024 ** 2);
  assert.equal(read('cache-bytes', '33554432'), 33554432);
  assert.equal(read('drain-timeout', '500ms'), 500);
  assert.equal(read('drain-timeout', '1m30s'), 90_000);
  assert.equal(read('log-level', 'WARN'), 'warn');
  assert.equal(read('cluster-domain', 'Cluster.Example.'), 'cluster.example');
  assert.deepEqual(read('admin', '[::1]:9253'), { address: '::1', port: 9253 });
  // As Kubernetes puts $(NODE_IP):9253 together on a node with an IPv6 address.
  for (const [text, address, port] of [
    ['fd00::1:9253', 'fd00::1', 9253],
    ['2001:db8:0:0:0:0:0:1:53', '2001:db8::1', 53],
    ['::1:254', '::1', 254],
  ] as const)
    for (const name of ['admin', 'health'] as const) assert.deepEqual(read(name, text), { address, port });
  assert.deepEqual(read('health', '127.0.0.1:253'), { address: '127.0.0.1', port: 253 });
  for (const yes of ['on', 'TRUE', 'yes', '1']) assert.equal(read('leader', yes), true);
  for (const no of ['off', 'False', 'no', '0']) assert.equal(read('leader', no), false);
});

const wrong: readonly (readonly [OptionName, string, RegExp])[] = [
  ['listen', '10.0.0.300', /--listen is "10\.0\.0\.300".*not an IP address.*169\.254\.20\.10/],
  ['listen', '0.0.0.0', /named addresses/],
  ['listen', 'fe80::1%eth0', /not an IP address/],
  ['listen', '', /not an IP address/],
  ['listen', 'fe80::10', /"fe80::10" is link-local/],
  ['listen', '10.0.0.1,224.0.0.1', /"224\.0\.0\.1" is an address of many machines/],
  ['listen', 'ff02::fb', /many machines/],
  ['listen', '255.255.255.255', /many machines/],
  ['port', '0', /too small.*from 1 to 65535/],
  ['port', '65536', /too big.*from 1 to 65535/],
  ['port', '5e3', /not a whole number/],
  ['slot', 'third', /primary, secondary or auto/],
  ['upstream', 'tls://1.1.1.1', /a server with a scheme.*over UDP/],
  ['upstream', 'resolv.conf', /not a server.*a file with a \//],
  ['cluster-dns', '10.0.0.1:0', /not a server/],
  ['cluster-dns', '10.0.0.1,', /"" is not a server/],
  ['cluster-domain', 'a..b', /not a domain name/],
  ['cache-bytes', '12 potatoes', /not a size.*32MiB.*from 1MiB to 1GiB/],
  ['cache-bytes', '1K', /too small/],
  ['admin', '127.0.0.1', /not an address with a port/],
  ['admin', 'fd00::', /not an address with a port/],
  ['admin', '1:2:3:4:5:6:7:8', /not an address with a port/],
  ['health', '253', /not an address with a port/],
  ['drain-timeout', '5', /not a duration.*500ms/],
  ['drain-timeout', '11m', /too big.*10m/],
  ['log-format', 'xml', /text, json or auto/],
  ['leader', 'maybe', /neither yes nor no.*on or off/],
  ['interface', 'a-name-too-long-for-it', /not a name for an interface/],
  ['interface', 'eth%d', /not a name for an interface/],
  ['interface-type', 'veth', /dummy, tun or none/],
  ['channel-directory', 'run/twindns', /not a path that begins with \/.*\/run\/twindns/],
  ['channel-directory', `/${'x'.repeat(55)}`, /too long.*at most 55 bytes/],
  ['rules', 'ipvs', /iptables, nftables or none/],
];
for (const [name, text, sentence] of wrong) {
  test(`--${name}=${text} is refused with what would be right`, () => {
    assert.match(refusal(name, text), sentence);
  });
}

test('a wrong value from the environment is blamed on its variable', () => {
  assert.throws(() => readOptions({}, { TWINDNS_PORT: 'x' }), /environment variable TWINDNS_PORT is "x"/);
});
