// node-cache-args.test — the arguments of DaemonSets of node-cache and of coredns-nodecache come to flags of ours.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TwindnsError } from '../../src/errors.ts';
import { takeNodeCacheArgs } from '../../src/options/node-cache-args.ts';
import { readOptions } from '../../src/options/options.ts';

const env = { KUBE_DNS_UPSTREAM_SERVICE_HOST: '10.96.0.11' };
const take = (text: string, exists = false) => takeNodeCacheArgs(text.split(' '), env, () => exists);

/** As the command line reads them. */
function optionsOf(text: string, exists = false) {
  const [command, ...args] = take(text, exists)!.args;
  assert.equal(command, 'run');
  return readOptions(
    Object.fromEntries(
      args.map((arg) => {
        const [name, value = 'true'] = arg.slice(2).split(/=(.*)/s);
        return [name, value];
      }),
    ),
    {},
  );
}

test('those of the published DaemonSet', () => {
  const args = '-localip 169.254.20.10,10.96.0.10 -conf /etc/Corefile -upstreamsvc kube-dns-upstream';
  const options = optionsOf(args, true);
  assert.deepEqual(options.listen, ['169.254.20.10', '10.96.0.10']);
  assert.equal(options.corefile, '/etc/coredns/Corefile.base'); // which node-cache would write to -conf
  assert.deepEqual(options['cluster-dns'], [{ address: '10.96.0.11', port: 53 }]);
  assert.deepEqual([options.leader, options['keep-interface'], options.rules], [true, false, 'iptables']);
  assert.equal(optionsOf(args).corefile, '/etc/Corefile'); // where there is no template
});

test('switches as Go reads them, with one dash and two', () => {
  const text =
    '--localip=169.254.20.10 -setupinterface=false --setupiptables=F -skipteardown -conf=/c -interfacename x0';
  const options = optionsOf(text);
  assert.deepEqual(
    [options.leader, options['interface-type'], options.rules, options['keep-interface'], options.interface],
    [false, 'none', 'none', true, 'x0'],
  );
  for (const [text, seconds] of [
    ['60ns', 60],
    ['1ns', 1],
    ['60s', 60],
    ['2m', 120],
  ] as const)
    assert.equal(
      optionsOf(`-localip 169.254.20.10 -conf /c -syncinterval ${text}`)['sync-interval'],
      seconds * 1000,
    );
});

test('CoreDNS alone leads nothing, and serves at another port', () => {
  const options = optionsOf('-conf /etc/coredns/Corefile -dns.port 1053', true);
  assert.deepEqual([options.corefile, options.port, options.leader], ['/etc/coredns/Corefile', 1053, false]);
});

test('what does nothing is told, and what is wrong is refused', () => {
  const { remarks } = take('-localip 169.254.20.10 -conf /c -corefile /d -upstreamsvc other -v 2')!;
  assert.match(remarks.join(), /-corefile does nothing.*OTHER_SERVICE_HOST/);
  for (const wrong of ['-conf /c -skipteardown=maybe', '-conf /c -syncinterval soon'])
    assert.throws(() => take(wrong), TwindnsError);
});

test("node-cache's own metrics have its port, and the pid its file", () => {
  const given = '-localip 169.254.20.10 -conf /c';
  const all = { address: '0.0.0.0', port: 9353 };
  assert.deepEqual([optionsOf(given).metrics, optionsOf(given)['pid-file']], [all, 'off']);
  const options = optionsOf(`${given} -metrics-listen-address :9400 -pidfile=/tmp/node-cache.pid`);
  assert.deepEqual([options.metrics, options['pid-file']], [{ ...all, port: 9400 }, '/tmp/node-cache.pid']);
  assert.equal(optionsOf(`${given} -metrics-listen-address=`).metrics, 'off');
  assert.equal(optionsOf('-conf /c').metrics, 'off', 'CoreDNS has none');
});

test('arguments of ours are left alone', () => {
  for (const text of [
    'run -conf /c',
    '--version',
    '-h',
    '-conf',
    '-quiet',
    '-conf /c --admin=127.0.0.1:1',
    'pair',
  ])
    assert.equal(take(text), undefined, text);
  assert.deepEqual(take('-conf /c -version')!.args, ['--version']);
});
