// per-client.test — directives that decide or change answers per client: what they come to, and what is refused in which words.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { message } from '../../src/zone/build-message.ts';
import type { Guard } from '../../src/zone/guard.ts';
import { loadRegexEngine } from '../../src/zone/regex.ts';
import { type QuestionSpec, question } from '../lab/question.ts';
import { block, blockOf, type MadeUp, read, said } from './reading.ts';

before(loadRegexEngine);

/** What the guards of a block with these lines do with a query: a word, or the RCODE. */
function judged(lines: readonly string[], name: string, spec: QuestionSpec): string {
  for (const guard of blockOf(lines).guards) {
    const verdict = guard.judge(question(name, spec));
    if (verdict !== 'pass') return typeof verdict === 'string' ? verdict : String(verdict.rcode);
  }
  return 'pass';
}

const names = (all: readonly Pick<Guard, 'name'>[]) => all.map(({ name }) => name);

describe('acl', () => {
  const lines = [
    'acl {',
    '    allow net 127.0.0.0/30',
    '    drop net 127.0.3.0/24 fd00::/8',
    '    FILTER Type AAAA NET 127.0.0.0/8',
    '    block type TXT MX net *',
    '    block net 127.0.2.0/24 192.0.2.1',
    '}',
    'acl secret.Example. 10.0.0.0/8 {',
    '    allow net 10.5.5.5',
    '    block',
    '}',
  ];
  for (const [name, from, type, expected] of [
    ['www.example.org', '127.0.0.2', 'TXT', 'pass'],
    ['www.example.org', '127.0.1.1', 'A', 'pass'],
    ['www.example.org', '127.0.1.1', 'AAAA', '0'],
    ['www.example.org', '127.0.1.1', 'TXT', '5'],
    ['www.example.org', '127.0.2.7', 'A', '5'],
    ['www.example.org', '192.0.2.1', 'A', '5'],
    ['www.example.org', '192.0.2.2', 'A', 'pass'],
    ['www.example.org', '127.0.3.9', 'A', 'drop'],
    ['www.example.org', 'fdff::1', 'A', 'drop'],
    ['a.secret.example', '10.9.9.9', 'A', '5'],
    ['a.secret.example', '10.5.5.5', 'A', 'pass'],
    ['1.2.3.10.in-addr.arpa', '10.9.9.9', 'PTR', '5'],
  ] as const)
    test(`${name} ${type} from ${from}: ${expected}`, () =>
      assert.equal(judged(lines, name, { from, type }), expected));

  test('all forms', () => {
    const forms = [
      'acl a.example b.example {',
      'allow type A AAAA net 10.0.0.0/8 fd00::/8 192.0.2.1',
      'filter type * net *',
      'drop',
      'block type ANY',
      '}',
    ];
    assert.equal(judged(forms, 'x.b.example', { from: '10.1.1.1' }), 'pass');
    assert.equal(judged(forms, 'x.b.example', { from: '11.1.1.1' }), '0');
    assert.match(
      said(read(block(...forms)).warnings),
      /^6: this rule is never looked at: line 5 decides.*\n7: /,
    );
  });

  test('5,000 networks in a line', () => {
    const many = Array.from({ length: 5000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`).join(' ');
    assert.equal(judged(['acl {', `block net ${many}`, '}'], 'a', { from: '10.19.135.3' }), '5');
    assert.equal(judged(['acl {', `block net ${many}`, '}'], 'a', { from: '10.19.136.3' }), 'pass');
  });
});

test('guards and steps come in one order, whatever that of the lines', () => {
  const { guards, steps } = blockOf([
    'whoami',
    'minimal',
    'acl {',
    'block',
    '}',
    'any',
    'local',
    'chaos x',
    'any',
  ]);
  assert.deepEqual(names(guards), ['any', 'chaos', 'acl']);
  assert.deepEqual(names(steps), ['local', 'minimal', 'whoami']);
});

test('whoami answers each client by itself where nothing else of its block can', () => {
  assert.deepEqual(names(blockOf(['whoami']).guards), ['whoami']);
  assert.deepEqual(names(blockOf(['whoami', 'forward a.example 192.0.2.1']).steps), ['whoami']);
});

describe('chaos', () => {
  const text = (line: string, name: string) => {
    const verdict = blockOf([line]).guards[0]!.judge(question(name, { type: 'TXT', class: 3 }));
    return typeof verdict === 'string'
      ? verdict
      : verdict.answer.map(({ data }) => data.toString('utf8', 1)).join(' ');
  };
  test('version, authors, host', () => {
    assert.equal(text('chaos', 'version.bind'), 'twindns-1.2.3');
    assert.equal(text('chaos "my server" Ann Bob', 'version.bind'), 'my server');
    assert.equal(text('chaos x Bob Ann', 'authors.bind'), 'Ann Bob');
    assert.equal(text('chaos', 'hostname.bind'), 'node-1');
  });
});

describe('local', () => {
  test('with and without the prefix', async () => {
    const next = async () => message({ rcode: 9 });
    for (const [lines, rcode] of [
      [['local'], 0],
      [['local {', 'localhost_prefix on', '}'], 0],
      [['local {', 'localhost_prefix off', '}'], 9],
    ] as const) {
      const [step] = blockOf(lines).steps;
      assert.equal((await step!.resolve(question('localhost.example'), next)).rcode, rcode);
    }
  });
});

describe('header', () => {
  test('the last rule of a flag holds, in any case', () => {
    const { flags, steps } = blockOf([
      'header {',
      'Response Set aa RA',
      'response clear ra rd',
      'query clear rd',
      '}',
    ]);
    assert.deepEqual(flags, { set: 0x0400, clear: 0x0180 });
    assert.deepEqual(names(steps), ['header']);
    assert.equal(blockOf(['header {', 'query set rd', '}']).flags, undefined);
    assert.deepEqual(blockOf(['header {', 'response set aa', '}']).steps, []);
  });
});

describe('loadbalance', () => {
  const weights: MadeUp = { files: { '/etc/coredns/weights': 'a.example\n192.0.2.1 3\n' } };
  test('all forms make an order', () => {
    for (const lines of [
      ['loadbalance'],
      ['loadbalance round_robin'],
      ['loadbalance {', 'prefer 10.9.20.0/24 fd00::/8', '}'],
      ['loadbalance round_robin {', 'prefer 10.9.20.0/24', '}'],
      ['loadbalance weighted /etc/coredns/weights'],
      ['root /etc/coredns', 'loadbalance weighted weights {', 'reload 10s', '}'],
      ['loadbalance weighted /etc/coredns/weights {', 'reload 0s', '}'],
    ])
      assert.ok(blockOf(lines, weights).order !== undefined, lines.join(' '));
    assert.equal(blockOf(['minimal']).order, undefined);
  });
  test('a file of weights that is not there may come yet', () => {
    const { faults, warnings } = read(block('loadbalance weighted /etc/none'));
    assert.equal(said(faults), '');
    assert.match(said(warnings), /^3: "\/etc\/none" cannot be read: it is not there\. Until/);
  });
});

describe('view', () => {
  const views = `.:53 {
    view inside {
        expr incidr(client_ip(), '10.0.0.0/8')
        expr "name() matches '^w'"
    }
    bind 127.0.0.1
    whoami
}
.:53 {
    view mail {
        expr type() in ['MX', 'TXT']
    }
    bind 127.0.0.1
}
.:53 {
    bind 127.0.0.1
}
`;
  test('blocks of one zone, each for its queries, in the order of the file', () => {
    const { plan, faults } = read(views);
    assert.equal(said(faults), '');
    const { zones } = plan.listeners[0]!;
    assert.deepEqual(
      zones.map(({ suffix, block: { view } }) => [suffix, view?.name]),
      [
        ['', 'inside'],
        ['', 'mail'],
        ['', undefined],
      ],
    );
    const taking = (name: string, spec: QuestionSpec) =>
      zones.findIndex(({ block: { view } }) => view?.isFor(question(name, spec)) ?? true);
    assert.equal(taking('www.example', { from: '10.1.2.3' }), 0);
    assert.equal(taking('mail.example', { from: '10.1.2.3' }), 2);
    assert.equal(taking('www.example', { from: '11.1.2.3', type: 'MX' }), 1);
  });

  test('behind the block for all queries none is reached', () => {
    const [first = '', second = '', last = ''] = views.split(/(?=^\.:53)/m);
    assert.match(
      said(read(last + first + second).faults),
      /^4: "\.:53": line 1 has \.:53 at 127\.0\.0\.1 already.*\n12: /,
    );
  });
});

test('words of a log format that stand for nothing are told', () => {
  assert.match(said(read(block('log . "{nmae} {type}"')).warnings), /^3: \{nmae\} in the format is no word/);
  assert.equal(said(read(block('log . {"who":"{remote}","size":{size}}', 'log . {combined}')).warnings), '');
});

describe('is refused', () => {
  for (const [lines, line, says] of [
    [['acl {', 'deny net 10.0.0.0/8', '}'], 4, /"deny" is no action of `acl`/],
    [['acl {', 'blok', '}'], 4, /"blok".*Did you mean block\?/],
    [['acl {', 'block network 10.0.0.0/8', '}'], 4, /"network" stands where `type` or `net`/],
    [['acl {', 'block net 10.0.0.300/8', '}'], 4, /"10\.0\.0\.300\/8" is no address or network/],
    [['acl {', 'block type AAA net *', '}'], 4, /"AAA" is no record type.*Did you mean AAAA\?/],
    [
      ['acl {', 'block type aaaa', '}'],
      4,
      /"aaaa": record types are written in upper case\. Did you mean AAAA\?/,
    ],
    [['acl {', 'block type net *', '}'], 4, /behind `type` something is missing/],
    [['acl {', 'block net', '}'], 4, /behind `net` something is missing/],
    [['acl {', 'block net * {', 'x', '}', '}'], 5, /takes no options/],
    [['acl a..b {', 'block', '}'], 3, /"a\.\.b" is no zone/],
    [['any 1'], 3, /any takes nothing: not "1"/],
    [['minimal {', 'x', '}'], 4, /minimal takes no options: not "x"/],
    [['whoami me'], 3, /whoami takes nothing/],
    [['local x'], 3, /"x"/],
    [['local {', 'localhost_prefix of', '}'], 4, /is on or off: not "of"/],
    [['local {', 'localhost_prefx on', '}'], 4, /Did you mean localhost_prefix\?/],
    [['chaos {', 'x', '}'], 4, /chaos takes no options/],
    [['chaos a', 'chaos b'], 4, /chaos is said in line 3/],
    [['header'], 3, /`header` needs a block/],
    [['header {', 'request set rd', '}'], 4, /begins with query or response, not with "request"/],
    [['header {', 'response sets ra', '}'], 4, /stands set or clear.*Did you mean set\?/],
    [['header {', 'response set', '}'], 4, /a flag is missing/],
    [['header {', 'response set ad', '}'], 4, /"ad" is no flag.*aa, ra and rd/],
    [['loadbalance least_conn'], 3, /"least_conn" is no policy/],
    [['loadbalance round_robin x'], 3, /"x" is one word too many/],
    [['loadbalance {', 'prefer 10.0.0.1', '}'], 4, /"10\.0\.0\.1" is no network/],
    [['loadbalance {', 'reload 30s', '}'], 4, /no option "reload"/],
    [['loadbalance weighted'], 3, /the file with the weights is missing/],
    [['loadbalance weighted /etc/none {', 'reload 0', '}'], 3, /is not there, and it is not looked at again/],
    [
      ['loadbalance weighted /etc/resolv.conf'],
      3,
      /line 1 of "\/etc\/resolv\.conf": "nameserver" is no IP address/,
    ],
    [['view'], 3, /`view` needs a name/],
    [['view a b'], 3, /"b" is one word too many/],
    [['view a {', "expr nmae() == 'x'", '}'], 4, /`expr`: "nmae" is no function/],
    [['view a {', "expr name() matches '('", '}'], 4, /the regular expression '\('/],
    [['view a', 'view b'], 4, /view is said in line 3/],
  ] as const)
    test(lines.join(' ⏎ '), () => {
      const told = said(read(block(...lines)).faults);
      assert.match(told, new RegExp(`^${line}: `));
      assert.match(told, says);
    });
});

test('what does nothing is told', () => {
  for (const [lines, remark] of [
    [['acl'], /without rules allows everything/],
    [['header {', 'query set aa rd', '}'], /^4: "aa" of a query does nothing/],
    [['loadbalance {', 'prefer', '}'], /without a network does nothing/],
    [['view a'], /without `expr` does nothing/],
  ] as const)
    assert.match(said(read(block(...lines)).warnings), remark);
});
