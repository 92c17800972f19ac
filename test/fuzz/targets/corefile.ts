// corefile — target: Corefiles and what they import, as people, charts and strangers with a ConfigMap write them.

import { planAsJson } from '../../../src/check/plan-as-json.ts';
import { formatFaults } from '../../../src/corefile/fault-list.ts';
import { lex } from '../../../src/corefile/lexer.ts';
import { nameFromText } from '../../../src/message/name.ts';
import { atOnce } from '../../../src/pieces.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { loadRegexEngine } from '../../../src/zone/regex.ts';
import { block, corefile as path, read } from '../../corefile/reading.ts';
import type { Target } from '../target.ts';
import { must } from './must.ts';

await loadRegexEngine();

/** Between the Corefile and a file that it may import. */
const BETWEEN = '\0';

export const corefile: Target = {
  name: 'corefile',
  sentence: 'src/corefile reads Corefiles with snippets, imports and variables, and makes plans of them',
  most: 1024,
  // A file that four lines make as large as it may be; it is read when an instance begins, and when it changes.
  slow: 1500,
  seeds: () => seeds().map((text) => Buffer.from(text)),
  run(input) {
    const [text = '', imported = ''] = input.toString('utf8').split(BETWEEN);
    checkWords(text);
    const { plan, faults, warnings, dropped } = read(text, {
      files: { '/etc/coredns/a.conf': imported },
      env: { A: 'a.example', B: '{$B} "{' },
      interfaces: { lo: ['127.0.0.1', '::1'], eth0: ['192.0.2.7', 'fe80::7%eth0'] },
    });
    for (const { file, line, sentence } of [...faults, ...warnings]) {
      const lines = file === path ? text : imported;
      must(line >= 1 && line <= lines.split('\n').length, 'a fault is in a line of its file');
      must(sentence.length < 2000, 'a sentence is no page');
    }
    must(formatFaults(faults, dropped).split('\n').length <= 51, 'faults are one a line, and not all');
    checkPlan(plan);
  },
};

// ---------------------------------------------------------------------------------------------------------------------

function checkWords(text: string): void {
  const { tokens } = atOnce(lex(text, path, 10_000, (word) => word));
  let last = 1;
  for (const { line, text: word, isQuoted, startsLine } of tokens) {
    must(line >= last && (line > last || !startsLine || last === 1), 'words come line after line');
    must(isQuoted || !/[ \t\n\r]/.test(word), 'a word has no blanks but in quotes');
    last = line;
  }
}

function checkPlan(plan: Plan): void {
  for (const { at, zones } of plan.listeners) {
    must(at.port >= 1 && at.port <= 65_535 && at.address !== '', 'a listener has an address and a port');
    for (const { suffix, block } of zones) {
      must(suffix === '' || nameFromText(suffix) !== undefined, 'a zone is a name');
      const { cache, forwards } = block;
      if (cache !== undefined) {
        must(cache.success.least <= cache.success.most && cache.success.most >= 1, 'a range is one');
        must(cache.denial.least <= cache.denial.most && cache.failure >= 0, 'and so is that of denials');
      }
      for (const { servers, files, expire, readTimeout } of forwards) {
        must(servers.length + files.length <= 15, 'servers are bounded');
        must(
          servers.every(({ endpoint }) => endpoint.port >= 1),
          'each has a port',
        );
        must(expire >= 0 && readTimeout > 0, 'times are times');
      }
    }
  }
  must(plan.reload === undefined || plan.reload.interval >= 2000, 'the file is not looked at all the while');
  must(JSON.stringify(planAsJson(plan)).length > 0, 'a plan can be shown');
}

function seeds(): string[] {
  return [
    block(
      'errors',
      'cache 30 {',
      'success 9984 30 5',
      'denial 9984 5',
      'prefetch 3 60s 15%',
      '}',
      'reload',
      'loop',
    ),
    block('forward . 192.0.2.1 /etc/resolv.conf {', 'force_tcp', 'except a.example', 'policy random', '}'),
    block(
      'forward 10.0.0.0/23 tls://[2001:db8::1]:853%dns.example {',
      'next NXDOMAIN',
      'health_check 1s',
      '}',
    ),
    block(
      'log . "{name}" {',
      'class denial error',
      '}',
      'errors stdout {',
      'consolidate 5m ".* x$" warning',
      '}',
    ),
    block(
      'health 192.0.2.1:8080 {',
      'lameduck 5s',
      '}',
      'ready',
      'prometheus :9253',
      'bufsize 1232',
      'nsid a b',
    ),
    block('hosts /etc/hosts a.example {', '192.0.2.1 b.a.example', 'ttl 60', 'fallthrough', '}'),
    block('template IN A {', 'match ^a[.]', 'answer "{{ .Name }} 60 IN A 192.0.2.1"', 'rcode NOERROR', '}'),
    block(
      'rewrite stop name regex (.*)\\.a\\.example {1}.b.example answer auto',
      'acl {',
      'block type ANY net *',
      '}',
    ),
    block(
      'view v {',
      "expr type() == 'A' || incidr(client_ip(), '10.0.0.0/8')",
      '}',
      'loadbalance',
      'minimal',
    ),
    block(
      'dns64 {',
      'prefix 64:ff9b::/96',
      '}',
      'header {',
      'response set ra',
      '}',
      'any',
      'local',
      'whoami',
      'chaos x',
    ),
    '(s) {\n    bind lo\n    import t\n}\n{$A}:53, dns://b.example,\n10.0.0.0/15:1053 {\n    import s # c\n    import a.conf\n}\nimport *.conf\n',
    `import a.conf${BETWEEN}c.example {\n    cache "30"\n    timeouts {\n        read 5s\n    }\n}\n`,
    'a.example:53\r\nbind eth0 {\r\nexcept 192.0.2.7\r\n}\r\nwhoami',
  ];
}
