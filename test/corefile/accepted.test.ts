// accepted.test — forms that are rare and right, and those that are taken with a remark.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadRegexEngine } from '../../src/zone/regex.ts';
import { block, type MadeUp, read, said } from './reading.ts';

before(loadRegexEngine);

const inBlock = (...lines: readonly string[]) => block(...lines);
const option = (directive: string, ...lines: readonly string[]) => block(`${directive} {`, ...lines, '}');

/** Taken, and nothing is said of them but that there is no `bind`, where there is none. */
const silent: readonly string[] = [
  'a.example:53,\nb.example:53 {\n    loop\n}\n',
  '.\n{\n    loop\n}\n',
  '.:53\nloop\nforward . 192.0.2.1 {\n    force_tcp\n}\n',
  '.:53',
  'dns://a.example, b.example. "c.example:1053" {\n    loop\n}\n',
  '10.0.0.0/23:53 192.0.2.0/25:53 fd12::/28:53 {\n    loop\n}\n',
  '# a\n   # b {\n.:53 {\n    loop # }\n    # loop2\n    }   ',
  '\ufeff\r\n\r\n.:53 {\r\n\tloop\r\n}\r\n',
  '.:53 {\n}\n',
  '.:53 {\n    "errors" "stdout"\n}\n',
  inBlock('errors {', '}', 'cache 30 {', '}', 'forward . 192.0.2.1 {', '}', 'log { }'),
  inBlock('bind 127.0.0.2', 'bind ::1'),
  option('bind lo', 'except 127.0.0.1'),
  inBlock('cache 1 example.org'),
  option('cache 3600', 'success 9984', 'denial 9984 30 0', 'prefetch 10 1m 90%', 'servfail 0', 'serve_stale'),
  option('cache', 'disable success a.example', 'disable denial', 'keepttl', 'prefetch 0'),
  option('cache', 'serve_stale 1h30m VERIFY', 'serve_stale_policy prefer_positive', 'prefetch 3'),
  option('cache', 'serve_stale 1h verify 500ms 5s 1m', 'serve_stale 1h immediate 1s 5s'),
  inBlock('cache 99999999999'),
  inBlock('forward . tls://9.9.9.9%dns.quad9.example tls://[2001:db8::1]:853 tls://2001:db8::1'),
  inBlock('forward . /etc/resolv.conf 192.0.2.8 dns://192.0.2.9 [2001:db8::53]:5353 2001:db8::54'),
  inBlock('forward a.example 192.0.2.1', 'forward . 192.0.2.8'),
  inBlock(`forward . ${Array.from({ length: 15 }, (_, i) => `192.0.2.${i}`).join(' ')}`),
  option('forward . 192.0.2.1', 'except a.example b.example', 'expire 20s', 'max_fails 0', 'policy random'),
  option(
    'forward . 192.0.2.1',
    'health_check 1h no_rec domain a.example',
    'max_concurrent 1000',
    'prefer_udp',
  ),
  option('forward . 192.0.2.1', 'failover SERVFAIL refused', 'next NXDOMAIN', 'next_on_nodata', 'max_age 1m'),
  option(
    'forward . tls://192.0.2.1',
    'tls /etc/ca.pem',
    'tls_servername a.example',
    'health_check 30s domain .',
  ),
  option('forward . tls://192.0.2.1', 'tls'),
  inBlock('forward A.Example. 192.0.2.1', 'forward . 192.0.2.1'),
  inBlock('log', 'log a.example b.example "{name} {type}"', 'log . {"who":"{remote}","size":{size}}'),
  option('log svc.cluster.local.', 'class denial error', 'class success'),
  option('errors stdout', 'consolidate 5s 100', 'consolidate 1m ".*" warning', 'stacktrace'),
  option('health [::1]:8080', 'lameduck 0s'),
  inBlock('health', 'ready', 'prometheus', 'loop'),
  inBlock('health :8080', 'ready localhost:8181', 'prometheus {$NOT_SET}:9253').replace('{$NOT_SET}', ''),
  inBlock('reload 2s 0s'),
  inBlock('reload 30s 0'),
  inBlock('bufsize 512', 'nsid', 'metadata', 'nodecache skipteardown'),
  inBlock('nsid {$NAME} of {%NODE%}'),
  '(a) {\n    errors\n}\n(b) {\n    import a\n    cache\n}\n.:53 {\n    import b\n    forward . 192.0.2.1 {\n        import c\n    }\n}\n'.replace(
    '(b)',
    '(c) {\n    force_tcp\n}\n(b)',
  ),
];

/** Taken, with a remark. */
const remarked: readonly (readonly [text: string, says: RegExp])[] = [
  [inBlock('forward . 192.0.2.1 { max_fails 3 }'), /CoreDNS may take it for a word of "max_fails"/],
  ['. {\n    loop\n}\n', /^1: without `bind` .* --listen, 127\.0\.0\.1\./],
  [inBlock('forward . 127.0.0.1'), /^3: 127\.0\.0\.1:53 is served by this very file/],
  [inBlock('cache 30#note text'), /a comment begins in "30"/],
  [inBlock('cache 1 a.example 30'), /"30" is taken for a zone/],
  [inBlock('cache 30s'), /"30s" is taken for a zone/],
  [option('cache', 'denial 0'), /a capacity of 0 keeps nothing.*CoreDNS keeps 1024/],
  [inBlock('forward . 192.0.2.1', 'forward a.example 192.0.2.8'), /never asked: the one in line 3/],
  [inBlock('forward 10.0.0.0/23 192.0.2.1'), /2 zones. CoreDNS forwards the first/],
  [inBlock('forward . /etc/empty.conf'), /names no server.*Until it does, these names get SERVFAIL/],
  [inBlock('forward . /etc/empty.conf 192.0.2.1'), /names no server.*The other servers are asked/],
  [option('forward . 192.0.2.1', 'tls_servername a.example'), /does nothing here: no server/],
  [option('forward . 192.0.2.1', 'max_idle_conns 3'), /does nothing here/],
  [inBlock('log . combined'), /"combined" is taken for a name/],
  [inBlock('log "{combined}"'), /format for all names/],
  [inBlock('errors {$NOT_SET}').replace('errors {$NOT_SET}', 'nsid x{$NOT_SET}'), /NOT_SET is not set/],
  [inBlock('health :8080', 'health :8081'), /another one follows/],
  [inBlock('reload 5s', 'reload 10s'), /has one above/],
  [inBlock('nodecache SkipTeardown foo'), /no word "foo"/],
  [inBlock('debug'), /`debug` does nothing here/],
  [inBlock('pprof'), /`pprof` does nothing here/],
  [option('timeouts', 'read 5', 'write 5s', 'idle 1m'), /`timeouts` does nothing here/],
  [inBlock('multisocket 2'), /`multisocket` does nothing here/],
  [inBlock('cache {$NOT_SET}'), /this word is empty: it is the root/],
  [inBlock('cache {}', 'loop'), /\{\} is an empty block/],
  [inBlock('cache 30#note, {', 'keepttl', '}'), /a comment begins in "30"/],
  [option('cache', 'success 1 2 3 4'), /"4" does nothing/],
  [inBlock('bufsize', 'bufsize 512'), /another one follows/],
  [inBlock('bind 127.0.0.1'), /names 127\.0\.0\.1 twice/],
  [
    inBlock('bind 0.0.0.0').replace('bind 127.0.0.1', ''),
    /where blocks without `bind` are served: 127\.0\.0\.1/,
  ],
  [option('trace zipkin localhost:9411', 'every 5', 'client_server'), /`trace` does nothing/],
  ['import nothing/*.server\n.:53 {\n    loop\n}\n', /no file matches \/etc\/coredns\/nothing\/\*\.server/],
  [option('bind eth0').replace('bind 127.0.0.1\n', '\n'), /link-local addresses of eth0 are left out/],
];

const madeUp: MadeUp = {
  files: { '/etc/empty.conf': '', '/etc/ca.pem': '-----BEGIN CERTIFICATE-----\n' },
  env: { NAME: 'a node', NODE: 'n1' },
  interfaces: { lo: ['127.0.0.1', '::1'], eth0: ['192.0.2.7', 'fe80::7%eth0'] },
};

for (const text of silent)
  test(`${JSON.stringify(text)} is taken`, () => {
    const { faults, warnings } = read(text, madeUp);
    assert.equal(said(faults), '');
    assert.equal(said(warnings.filter(({ sentence }) => !sentence.startsWith('without `bind`'))), '');
  });

for (const [text, says] of remarked)
  test(`${JSON.stringify(text)} is taken with a remark`, () => {
    const { faults, warnings } = read(text, madeUp);
    assert.equal(said(faults), '');
    assert.match(said(warnings), says);
  });
