// record-text.test — records as zone files have them come out as the bytes that other software makes of them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Answer, encode } from 'dns-packet';
import { readMessage } from '../../src/zone/message-wire.ts';
import { readRecordText } from '../../src/zone/record-text.ts';
import { parseName } from '../../src/zone/wire-name.ts';
import { readSeconds } from '../../src/zone/zone-words.ts';

function dataOf(text: string): string {
  const record = readRecordText(text);
  assert.ok(typeof record !== 'string', `${text}: ${record as string}`);
  return record.data.toString('hex');
}

/** What dns-packet makes of it. */
function encoded(answer: object): string {
  const bytes = encode({
    type: 'response',
    questions: [{ type: 'A', name: 'q' }],
    answers: [{ name: 'x', ...answer } as Answer],
  });
  return readMessage(bytes, 0, bytes.length)!.answer[0]!.data.toString('hex');
}

describe('a record is read', () => {
  test('with its TTL and class in any order, or without', () => {
    const forms = [
      'x.example. 60 IN A 192.0.2.1',
      'x.example IN 60 A 192.0.2.1',
      '  x.example\t1m in a 192.0.2.1\n',
    ];
    for (const form of forms) {
      assert.deepEqual(
        readRecordText(form),
        { owner: parseName('x.example'), type: 1, class: 1, ttl: 60, data: Buffer.of(192, 0, 2, 1) },
        form,
      );
    }
    const plain = readRecordText('X.example A 192.0.2.1');
    assert.ok(typeof plain !== 'string');
    assert.deepEqual([plain.ttl, plain.class, plain.owner], [3600, 1, parseName('X.example')]);
    const chaos = readRecordText('a CH TXT b');
    assert.ok(typeof chaos !== 'string' && chaos.class === 3);
  });

  test('as dns-packet reads it', () => {
    const soa = {
      mname: 'ns.example',
      rname: 'root.example',
      serial: 1,
      refresh: 3600,
      retry: 600,
      expire: 86400,
      minimum: 120,
    };
    const cases: [string, object][] = [
      ['x AAAA 2001:db8::1', { type: 'AAAA', data: '2001:db8::1' }],
      ['x AAAA ::', { type: 'AAAA', data: '::' }],
      ['x CNAME a.example.', { type: 'CNAME', data: 'a.example' }],
      ['x NS a.example', { type: 'NS', data: 'a.example' }],
      ['x PTR a.example', { type: 'PTR', data: 'a.example' }],
      ['x DNAME a.example', { type: 'DNAME', data: 'a.example' }],
      ['x MX 10 a.example.', { type: 'MX', data: { preference: 10, exchange: 'a.example' } }],
      [
        'x SRV 1 2 53 a.example.',
        { type: 'SRV', data: { priority: 1, weight: 2, port: 53, target: 'a.example' } },
      ],
      ['x TXT "a b" c "" "\\"q\\" \\\\ ; ("', { type: 'TXT', data: ['a b', 'c', '', '"q" \\ ; ('] }],
      ['x TXT "\\\\2\\065"', { type: 'TXT', data: ['\\2A'] }],
      ['x SOA ns.example. root.example. (1 3600 600 86400 120)', { type: 'SOA', data: soa }],
      [
        'x SOA ns.example. root.example. ( ; numbers\n 1 ; serial\n 1h 10m 1d 2m )',
        { type: 'SOA', data: soa },
      ],
      [
        'x CAA 0 issue "ca.example; x=1"',
        { type: 'CAA', data: { flags: 0, tag: 'issue', value: 'ca.example; x=1' } },
      ],
      ['x HINFO "a b" os', { type: 'HINFO', data: { cpu: 'a b', os: 'os' } }],
      [
        'x SSHFP 4 2 abcd',
        { type: 'SSHFP', data: { algorithm: 4, hash: 2, fingerprint: `${'ab'.repeat(32)}` } },
      ],
      [
        'x NAPTR 1 2 "u" "E2U+sip" "!.*!sip:a!" .',
        {
          type: 'NAPTR',
          data: {
            order: 1,
            preference: 2,
            flags: 'u',
            services: 'E2U+sip',
            regexp: '!.*!sip:a!',
            replacement: '.',
          },
        },
      ],
    ];
    for (const [text, answer] of cases) {
      const wanted = text.includes('SSHFP') ? '0402abcd' : encoded(answer);
      assert.equal(dataOf(text), wanted, text);
    }
  });

  test('with IPv6 in all its forms', () => {
    assert.equal(dataOf('x AAAA 64:ff9b::192.0.2.1'), '0064ff9b0000000000000000c0000201');
    assert.equal(dataOf('x AAAA 1:2:3:4:5:6:7:8'), '00010002000300040005000600070008');
    assert.equal(dataOf('x AAAA ::ffff:1.2.3.4'), '00000000000000000000ffff01020304');
    assert.equal(dataOf('x AAAA fe80::'), `fe80${'00'.repeat(14)}`);
  });

  test('with service parameters, in the order of their keys', () => {
    assert.equal(dataOf('x HTTPS 0 a.example.'), '0000016107657861 6d706c6500'.replace(' ', ''));
    assert.equal(
      dataOf('x HTTPS 1 . port=443 alpn="h2,h3" ipv4hint=192.0.2.1,192.0.2.2 no-default-alpn key65280=ab'),
      [
        '0001',
        '00',
        '00010006',
        '02683202',
        '6833',
        '00020000',
        '0003000201bb',
        '00040008c0000201c0000202',
        'ff0000026162',
      ].join(''),
    );
    assert.equal(
      dataOf('x SVCB 1 . mandatory=alpn alpn=h2'),
      '000100000000020001000100030268 32'.replace(' ', ''),
    );
  });

  test('of any type by its bytes', () => {
    assert.equal(dataOf('x TYPE65280 \\# 3 ab cdef'), 'abcdef');
    assert.equal(dataOf('x TYPE1 \\# 4 c0000201'), 'c0000201');
    assert.equal(dataOf('x A \\# 0'), '');
  });
});

test('what is wrong is said', () => {
  const cases: [string, RegExp][] = [
    ['', /no record/],
    ['x', /no type/],
    ['x 60 IN', /no type/],
    ['x A 1.2.3', /"1\.2\.3" is not an IPv4 address/],
    ['x A ::1', /IPv4/],
    ['x AAAA 1.2.3.4', /IPv6/],
    ['x A 1.2.3.4 5', /"5" is more/],
    ['x MX 10', /1 words of data, not 2/],
    ['x MX 70000 a', /65535/],
    ['x TXT "a', /quote/],
    ['x TXT (a', /parenthesis/],
    ['x TXT a)', /parenthesis/],
    [`x TXT ${'a'.repeat(256)}`, /255/],
    ['x TXT \\256', /not a string/],
    ['x TXT a\\12b', /not a string/],
    ['x TXT', /no string/],
    ['x 60 70 A 1.2.3.4', /"70"/],
    ['x 2147483648 A 1.2.3.4', /"2147483648"/],
    ['a..b A 1.2.3.4', /not a name/],
    ['x FOO 1', /"FOO" is no type/],
    ['x TYPE65280 abcd', /\\# LENGTH HEX/],
    ['x A \\# 3 abcd', /2 bytes, not 3/],
    ['x A 1.2.3.4\ny A 1.2.3.5', /more than one line/],
    ['x HTTPS 1 . alpn=h2 alpn=h3', /twice/],
    ['x HTTPS 1 . colour=red', /"colour"/],
    ['x HTTPS 1 . port=x', /port/],
  ];
  for (const [text, says] of cases) {
    const read = readRecordText(text);
    assert.ok(typeof read === 'string', text);
    assert.match(read, says, text);
  }
});

test('seconds have units', () => {
  assert.deepEqual(['60', '1h30m', '1W', '0', '', 'x', '1x', '5000w'].map(readSeconds), [
    60,
    5400,
    604800,
    0,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
