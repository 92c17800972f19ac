// autopath.test — what glibc and musl ask for one look-up in a pod, with autopath and without.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runToEnd } from '../lab/program.ts';
import { a, aaaa, soa } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { replying, type Script } from '../lab/scripts.ts';
import { nameBytes, rcodes, types } from '../lab/wire.ts';
import { root } from '../repository/files.ts';

/** Its port can be 53: C libraries know no other. */
const address = '127.0.0.78';
const search = [
  'team.svc.cluster.local',
  'svc.cluster.local',
  'cluster.local',
  'eu.corp.example',
  'corp.example',
];

const folder = mkdtempSync(join(tmpdir(), 'autopath-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const resolvConf = file(
  'resolv.conf',
  `nameserver ${address}\nsearch ${search.join(' ')}\noptions ndots:5\n`,
);
const nsswitch = file('nsswitch.conf', 'hosts: dns\n');

/** www.example.org alone exists. */
const internet: Script = replying(({ name, type }) => {
  if (!name.equals(nameBytes('www.example.org')))
    return { rcode: rcodes.NXDOMAIN, authority: [soa({ owner: '.', ttl: 30, minimum: 30 })] };
  return { answer: [type === types.AAAA ? aaaa(1, { ttl: 300 }) : a('192.0.2.1', { ttl: 300 })] };
});

/** Builds the program that asks by its library; undefined where there is no such compiler. */
function built(compiler: string): string | undefined {
  const program = join(folder, compiler);
  const source = join(root, 'chaos/clients/look-up.c');
  try {
    execFileSync(compiler, ['-static', '-O1', '-w', '-o', program, source], { stdio: 'ignore' });
    return program;
  } catch {
    return undefined;
  }
}

async function lookUp(command: string): Promise<string> {
  const mounts = `mount --bind ${resolvConf} /etc/resolv.conf && mount --bind ${nsswitch} /etc/nsswitch.conf`;
  const { stdout } = await runToEnd(['unshare', '-m', 'sh', '-c', `${mounts} && ${command}`]);
  return stdout;
}

const musl = built('musl-gcc');
const clients = {
  glibc: 'getent ahosts www.example.org',
  ...(musl === undefined ? {} : { musl: `echo www.example.org | ${musl} both` }),
};

for (const [library, command] of Object.entries(clients))
  for (const [with_, autopath, asked, outside, ofCluster] of [
    ['without', undefined, 12, 6, 6],
    ['with', search.slice(3), 2, 4, 3],
  ] as const)
    test(`${library} asks ${asked} times for a name outside of the cluster ${with_} autopath`, async (t) => {
      const lab = await startLab(t, {
        upstreams: [internet],
        cluster: internet,
        config: { listen: [address], port: 53, autopath },
      });
      const toServers = () =>
        [lab.upstream, lab.cluster].map(({ log }) => log.filter(({ name }) => name.length > 1).length);
      const queries = () =>
        lab.resolver.counters.zones.reduce(
          (sum, { requests }) => sum + requests.reduce((x, y) => x + y, 0),
          0,
        );
      const first = await lookUp(command);
      assert.match(first, /192\.0\.2\.1/);
      assert.equal(queries(), asked);
      const questions = toServers();
      assert.deepEqual(questions, [outside, ofCluster], 'outside, and of the cluster');
      t.diagnostic(`${library} ${with_}: ${asked} queries, questions to servers: ${questions.join(' + ')}`);
      assert.match(await lookUp(command), /192\.0\.2\.1/);
      assert.equal(queries(), 2 * asked);
      assert.deepEqual(toServers(), questions, 'all is known');
    });
