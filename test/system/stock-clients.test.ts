// stock-clients.test — whoever runs `npm start` can ask it with whatever asks DNS, and Ctrl-C leaves nothing behind.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { twoFreePorts } from '../lab/free-port.ts';
import { familyOf, Program, runs, runToEnd } from '../lab/program.ts';

/** An address of its own, so that the port can be 53: glibc knows no other. */
const address = '127.0.0.77';
const ringAddresses = Array.from({ length: 500 }, (_, i) => `10.244.${2 + (i >> 7)}.${1 + (i & 127)}`).sort();

interface Case {
  readonly question: string;
  readonly status: string;
  /** RDATA as dig and kdig write it, sorted. */
  readonly answers: readonly string[];
}

const cases: readonly Case[] = [
  { question: 'kubernetes.default.svc.cluster.local A', status: 'NOERROR', answers: ['10.96.0.1'] },
  { question: 'cart.shop.svc.cluster.local AAAA', status: 'NOERROR', answers: ['fd00:10:96::28:7'] },
  { question: 'kubernetes.default.svc.cluster.local AAAA', status: 'NOERROR', answers: [] },
  { question: 'missing.default.svc.cluster.local A', status: 'NXDOMAIN', answers: [] },
  {
    question: '_http._tcp.web.shop.svc.cluster.local SRV',
    status: 'NOERROR',
    answers: ['0 100 80 web.shop.svc.cluster.local.'],
  },
  {
    question: '1.0.96.10.in-addr.arpa PTR',
    status: 'NOERROR',
    answers: ['kubernetes.default.svc.cluster.local.'],
  },
  { question: 'dns-version.cluster.local TXT', status: 'NOERROR', answers: ['"1.1.0"'] },
  { question: 'ring.shop.svc.cluster.local A', status: 'NOERROR', answers: ringAddresses },
];

describe('npm start', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-clients-'));
  let service: Program;
  let admin: number;

  before(async () => {
    admin = await twoFreePorts();
    const flags = ['--listen', address, '--port', '53', '--admin', `127.0.0.1:${admin}`];
    service = new Program(['npm', 'start', '--', ...flags], { group: true });
    await service.says(/Ctrl-C/, 20_000);
  });

  after(async () => {
    for (const pid of familyOf(service.pid)) if (runs(pid)) process.kill(pid, 'SIGKILL');
    await service.kill();
    rmSync(folder, { recursive: true });
  });

  for (const [client, how] of [
    ['dig', '+tcp'],
    ['kdig', '+tcp'],
    ['dig', '+edns=0'],
    ['kdig', '+edns=0'],
  ] as const) {
    test(`answers ${client} ${how}`, async () => {
      for (const { question, status, answers } of cases) {
        const { stdout, stderr } = await runToEnd([client, `@${address}`, how, ...question.split(' ')]);
        assert.equal(/status: (\w+)/.exec(stdout)?.[1], status, question);
        assert.deepEqual(answerSection(stdout), answers, question);
        const cut = /trunc/i.test(stdout + stderr);
        assert.equal(cut, answers.length > 30 && how !== '+tcp', `${question}: ${stdout}${stderr}`);
      }
    });
  }

  test('answers the DNS client of Node.js', async () => {
    const resolver = new Resolver({ timeout: 2000, tries: 1 });
    resolver.setServers([address]);
    const service = 'kubernetes.default.svc.cluster.local';
    assert.deepEqual(await resolver.resolve4(service), ['10.96.0.1']);
    await assert.rejects(resolver.resolve6(service), { code: 'ENODATA' });
    await assert.rejects(resolver.resolve4('missing.default.svc.cluster.local'), { code: 'ENOTFOUND' });
    assert.deepEqual(await resolver.resolveSrv('_http._tcp.web.shop.svc.cluster.local'), [
      { name: 'web.shop.svc.cluster.local', port: 80, priority: 0, weight: 100 },
    ]);
    assert.deepEqual(await resolver.reverse('10.96.0.1'), [service]);
    assert.deepEqual(await resolver.resolveTxt('dns-version.cluster.local'), [['1.1.0']]);
    assert.deepEqual((await resolver.resolve4('ring.shop.svc.cluster.local')).sort(), ringAddresses);
  });

  test("answers glibc with a pod's resolv.conf", async () => {
    const resolvConf = join(folder, 'resolv.conf');
    const nsswitch = join(folder, 'nsswitch.conf');
    const search = 'search default.svc.cluster.local svc.cluster.local cluster.local';
    writeFileSync(resolvConf, `nameserver ${address}\n${search}\noptions ndots:5\n`);
    writeFileSync(nsswitch, 'hosts: dns\n');
    const mounts = `mount --bind ${resolvConf} /etc/resolv.conf && mount --bind ${nsswitch} /etc/nsswitch.conf`;
    const getent = async (database: string, name: string) => {
      const command = `${mounts} && exec getent ${database} ${name}`;
      const { stdout, stderr, status } = await runToEnd(['unshare', '-m', 'sh', '-c', command]);
      const found = [...new Set(stdout.split('\n').flatMap((line) => /^\S+/.exec(line) ?? []))].sort();
      return { found, status, told: `${name}: ${stdout}${stderr}` };
    };
    for (const [name, expected] of [
      ['kubernetes', ['10.96.0.1']],
      ['front.shop', ['10.96.12.34']],
      ['ring.shop', ringAddresses],
    ] as const) {
      const { found, told } = await getent('ahostsv4', name);
      assert.deepEqual(found, expected, told);
    }
    assert.deepEqual((await getent('ahosts', 'kubernetes')).found, ['10.96.0.1']);
    assert.deepEqual((await getent('ahostsv6', 'cart.shop.svc.cluster.local')).found, ['fd00:10:96::28:7']);
    assert.equal((await getent('ahosts', 'missing.shop')).status, 2, 'getent: 2 is "not found"');
  });

  for (const transport of ['udp', 'tcp']) {
    test(`answers dnsperf over ${transport}, every query`, async () => {
      const questions = join(folder, `questions-${transport}`);
      writeFileSync(questions, `${cases.map(({ question }) => question).join('\n')}\n`);
      const rounds = 250;
      const load = ['-d', questions, '-n', String(rounds), '-c', '4', '-q', '50', '-l', '15', '-b', '1024'];
      const { stdout } = await runToEnd(['dnsperf', '-s', address, '-m', transport, ...load], {
        timeoutMs: 20_000,
      });
      const sent = rounds * cases.length;
      assert.match(stdout, new RegExp(`Queries completed: +${sent} `), stdout);
      assert.match(stdout, /Queries lost: +0 /, stdout);
      assert.match(stdout, new RegExp(`NOERROR ${sent - rounds} .*NXDOMAIN ${rounds} `), stdout);
    });
  }

  test('ends with Ctrl-C, all of it', async () => {
    const family = familyOf(service.pid);
    assert.ok(family.filter(runs).length >= 4, `npm, set-up, pair and two instances: ${family}`);
    process.kill(-service.pid, 'SIGINT');
    const { status, stdout } = await service.ended;
    assert.deepEqual(family.filter(runs), []);
    assert.ok(status === 0 || status === 130, `${status}: npm may say that it was a signal`);
    assert.equal(stdout.match(/"msg":"stopped"/g)?.length, 2, 'both instances stop in order');
    for (const [where, port] of [
      [address, 53],
      ['127.0.0.1', admin],
      ['127.0.0.1', admin + 1],
    ] as const) {
      const server = createServer().listen(port, where);
      await once(server, 'listening');
      await new Promise((resolve) => server.close(resolve));
    }
    const socket = createSocket('udp4').bind(53, address);
    await once(socket, 'listening');
    socket.close();
  });
});

/** The RDATA of the answer section, sorted; both programs write it alike. */
function answerSection(output: string): string[] {
  const [, section = ''] = /;; ANSWER SECTION:\n(.*?)\n\n/s.exec(output) ?? [];
  return section
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(/\s+/).slice(4).join(' '))
    .sort();
}
