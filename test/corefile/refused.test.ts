// refused.test — files that are refused, each with the line and the words that say why.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadRegexEngine } from '../../src/zone/regex.ts';
import { block, read, said } from './reading.ts';

type Row = readonly [text: string, line: number, says: RegExp];

before(loadRegexEngine);

/** A line of a block, which is line 3, or one of an option's block, which is line 4. */
const line = (directive: string, says: RegExp): Row => [block(directive), 3, says];
const option = (directive: string, text: string, says: RegExp): Row => [
  block(`${directive} {`, `    ${text}`, '}'),
  4,
  says,
];

const rows: readonly Row[] = [
  // words
  line('cahce 30', /"cahce" is no directive\. Did you mean cache\?/),
  line('forwrad . 192.0.2.1', /"forwrad".*Did you mean forward\?/),
  line('promethues :9153', /"promethues".*Did you mean prometheus\?/),
  line('kubernetes cluster.local', /`kubernetes` is not for a node: .* forward them to the cluster DNS/),
  line('dnstap tcp://192.0.2.1:6000 full', /`dnstap`.*in the log/),
  // braces
  ['.:53 {\n    cache\n', 1, /not closed/],
  ['.:53 {\n    cache\n}\n}\n', 4, /this } closes nothing/],
  ['.:53 {\n    cache\n    {\n        success 1\n    }\n}\n', 3, /\{ has to be on the line of the directive/],
  ['.:53 { loop }\n', 1, /this } has to be on a line of its own/],
  ['.:53 {\n    cache {\n        keepttl\n    } }\n', 4, /this } has to be on a line of its own/],
  ['.:53{\n    loop\n}\n', 1, /a blank is missing before \{/],
  ['{\n    loop\n}\n', 1, /begins with its zones/],
  ['a.example,\n{\n    loop\n}\n', 1, /behind a comma/],
  [block('forward . 192.0.2.1 { max_fails 3 } loop'), 3, /"loop" stands behind a }/],
  [
    '.:53 {\n    loop\na.example:53 {\n    loop\n}\n',
    3,
    /"a\.example:53" is no directive\. If a server block begins here, a } is missing above\./,
  ],
  ['.:53 {\n    errors "stdout\n}\n', 2, /a quote begins here and does not end/],
  ['', 1, /no server block/],
  // header
  ['.:70000 {\n    loop\n}\n', 1, /".:70000".*a number from 1 to 65535/],
  ['.:0 {\n    loop\n}\n', 1, /from 1 to 65535/],
  ['a..example {\n    loop\n}\n', 1, /"a\.\.example".* is no zone/],
  ['tls://.:853 {\n    loop\n}\n', 1, /over UDP and TCP alone, not over tls/],
  ['dsn://. {\n    loop\n}\n', 1, /dsn:\/\/ is no scheme/],
  [
    `${block('loop')}a.example:53 {\n    bind 127.0.0.1\n}\n.:53 {\n    bind 127.0.0.1\n}\n`,
    8,
    /"\.:53": line 1 has \.:53 at 127\.0\.0\.1 already/,
  ],
  ['a.example b.example a.example {\n    loop\n}\n', 1, /"a\.example": line 1 has a\.example\.:53/],
  // import
  line(
    'import no-such-file.conf',
    /"no-such-file\.conf".*\/etc\/coredns\/no-such-file\.conf cannot be read: it is not there/,
  ),
  line('import one two', /`import` takes one word/),
  line('import', /`import` takes one word/),
  line('import x*y*z', /one \* and one \?/),
  line('import [a]', /no brackets/),
  line('import ""', /empty word/),
  [`${block('import later')}(later) {\n    loop\n}\n`, 3, /"later" is no snippet that is defined above/],
  [
    `(part) {\n    loop\n}\n(part) {\n    log\n}\n${block('import part')}`,
    4,
    /snippet part is defined in line 1/,
  ],
  [`(errs) {\n    errors\n}\n${block('import errz')}`, 6, /Did you mean errs\?/],
  // bind
  ['.:53 {\n    bind\n}\n', 2, /`bind` needs an address/],
  ['.:53 {\n    bind eth99\n}\n', 2, /"eth99" is neither an IP address nor an interface/],
  [':53 {\n    loop\n}\n', 1, /names no zone. The root is written \.:53/],
  ['a.example:-1 {\n    loop\n}\n', 1, /from 1 to 65535/],
  ['.:53 {\n    bind {$NOT_SET}\n}\n', 2, /empty word/],
  // cache
  line('cache 0', /"0": give a whole number, 1 or more/),
  line('cache -5', /"-5"/),
  [block('cache 30', 'errors', 'cache 60'), 5, /cache is said in line 3 of this block already/],
  option('cache', 'sucess 100 30', /"sucess".*Did you mean success\?/),
  option('cache', 'success 10 0', /`success` is "0"/),
  option('cache', 'success 10s', /"10s": give a whole number, without a unit/),
  option('cache', 'success', /`success` needs a capacity/),
  option('cache', 'denial 100 5 -1', /`denial` is "-1"/),
  option('cache', 'prefetch 10 1m 9%', /"9%"/),
  option('cache', 'prefetch 10 1m 50', /"50".*percent sign/),
  option('cache', 'prefetch 10 60 20%', /"60": a duration needs a unit, such as 60s/),
  option('cache', 'serve_stale verify', /"verify": not a duration/),
  option('cache', 'serve_stale 3600', /such as 3600s/),
  option('cache', 'serve_stale 1h soon', /immediate or verify: not "soon"/),
  option('cache', 'serve_stale 1h verify 1s 5', /such as 5s/),
  option('cache', 'serve_stale 1h immediate 5s 1s 1s', /one word too many/),
  option('cache', 'serve_stale 1h immediate 5s 6m', /"6m"/),
  option('cache', 'serve_stale_policy prefer_positive', /needs `serve_stale`/),
  option('cache', 'servfail 6m', /"6m": give 5m or less/),
  option('cache', 'servfail 5', /such as 5s/),
  option('cache', 'disable everything', /not "everything"/),
  option('cache', 'keepttl now', /keepttl takes nothing/),
  // forward
  line('forward', /`forward` needs a zone/),
  line('forward .', /`forward` needs a server behind "\."/),
  line('forward . {$NOT_SET}', /empty word/),
  line('forward . {$X:1.1.1.1}', /empty word/),
  line(
    `forward . ${Array.from({ length: 16 }, (_, i) => `192.0.2.${i}`).join(' ')}`,
    /at most 15 servers: 16/,
  ),
  line('forward . udp://192.0.2.1', /udp:\/\/ is no scheme/),
  line('forward . https://192.0.2.1', /not over https/),
  line('forward . dns.example', /"dns\.example" is neither an IP address nor a file/),
  line('forward . /etc/no.conf', /\/etc\/no\.conf cannot be read/),
  line('forward . 192.0.2.1:0', /a port is a number/),
  option('forward . 192.0.2.1', 'force_tcp true', /force_tcp takes nothing: not "true"/),
  option('forward . 192.0.2.1', 'max_fail 3', /"max_fail".*Did you mean max_fails\?/),
  option('forward . 192.0.2.1', 'policy first', /not "first"/),
  option('forward . 192.0.2.1', 'health_check 5', /such as 5s/),
  option('forward . 192.0.2.1', 'health_check 5s sometimes', /"sometimes"/),
  option('forward . 192.0.2.1', 'max_fails many', /"many"/),
  option('forward . 192.0.2.1', 'max_concurrent -1', /"-1"/),
  option('forward . 192.0.2.1', 'expire never', /"never"/),
  option('forward . 192.0.2.1', 'expire -1s', /"-1s"/),
  option('forward . 192.0.2.1', 'failover NOERROR', /`failover`/),
  option('forward . 192.0.2.1', 'next NOSUCHCODE', /"NOSUCHCODE"/),
  option('forward . 192.0.2.1', 'next', /needs response codes/),
  option('forward . 192.0.2.1', 'max_age 5s', /as long as `expire`/),
  option('forward . 192.0.2.1', 'read_timeout 0', /"0": give 1ms or more/),
  option('forward . 192.0.2.1', 'resolver x', /"x"/),
  option('forward . 192.0.2.1', 'source_address x', /"x"/),
  option('forward . 192.0.2.1', 'doh_method x', /"x"/),
  option('forward . 192.0.2.1', 'except', /needs zones/),
  option('forward . tls://192.0.2.1', 'tls /etc/no.pem', /\/etc\/no\.pem cannot be read/),
  option('forward . tls://192.0.2.1', 'tls /etc/resolv.conf', /no PEM file/),
  // log, errors
  option('log', 'format combined', /"format"/),
  option('log', 'class errors', /"errors".*Did you mean error\?/),
  option('log', 'class', /`class` needs/),
  line('errors /var/log/x', /"\/var\/log\/x"/),
  option('errors', 'consolidate 5m', /`consolidate` needs a duration and a regular expression/),
  option('errors', 'consolidate 5m (', /"\(" is no regular expression/),
  option('errors', 'consolidate 5m x show_first error', /"error" stands behind show_first/),
  option('errors', 'consolidate 5m x loud', /"loud"/),
  // pages
  line('health 8080', /"8080".*Write :8080/),
  line('health node:8080', /"node:8080"/),
  option('health', 'lame_duck 5s', /"lame_duck".*Did you mean lameduck\?/),
  option('health', 'lameduck 5', /such as 5s/),
  line('prometheus 9253', /"9253"/),
  line('prometheus :99999', /":99999"/),
  [block('ready', 'ready :8182'), 4, /ready is said in line 3/],
  option('ready', 'monitor sometimes', /"sometimes"/),
  // the others
  line('reload 1s', /"1s": give 2s or more/),
  line('reload 30', /such as 30s/),
  line('reload 30s 10ms', /"10ms".*0 or 1s/),
  line('loop 1', /loop takes nothing: not "1"/),
  line('bufsize 256', /"256".*from 512 to 4096/),
  line('bufsize 8192', /"8192"/),
  line('multisocket 0', /"0"/),
  line('timeouts', /needs a block/),
  option('timeouts', 'read 0', /"0s": give 1s or more/),
  option('timeouts', 'reads 5s', /"reads".*Did you mean read\?/),
  line(`nsid ${'x'.repeat(256)}`, /256 bytes/),
  line('debug on', /debug takes nothing/),
  line('tls cert.pem', /`tls` needs a certificate and its key/),
];

for (const [text, number, says] of rows)
  test(`${JSON.stringify(text.length > 70 ? text.slice(-70) : text)} is refused`, () => {
    const { faults } = read(text, { files: { '/etc/empty.conf': 'search example\n' } });
    assert.ok(
      faults.some((fault) => fault.line === number && says.test(fault.sentence)),
      said(faults) || 'it is taken',
    );
  });

test('all faults of a file are told at once, in the order of its lines', () => {
  const text = block('cahce 30', 'forward .', 'errors {', '    consolidate', '}', 'bufsize 1');
  assert.deepEqual(
    read(text).faults.map((fault) => fault.line),
    [3, 4, 6, 8],
  );
});

test('a sentence does not repeat a long word whole', () => {
  const [fault] = read(block(`bufsize ${'9'.repeat(5000)}`)).faults;
  assert.ok(fault!.sentence.length < 200, fault!.sentence);
});
