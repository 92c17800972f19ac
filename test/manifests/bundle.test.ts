// bundle.test — the one file of the image does what the program in the checkout does, without a checkout around it.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { askTcp, askUdp } from '../lab/client.ts';
import { freePort } from '../lab/free-port.ts';
import { addresses, parseMessage } from '../lab/message.ts';
import { Program, runToEnd } from '../lab/program.ts';
import { ScriptedUpstream } from '../lab/scripted-upstream.ts';
import { buildQuery } from '../lab/wire.ts';
import { readText, root } from '../repository/files.ts';

/** Outside the checkout: what it forgot to take along is not found there. */
const folder = mkdtempSync(join(tmpdir(), 'twindns-bundle-'));
const program = [process.execPath, join(folder, 'twindns.mjs')];
const { version } = JSON.parse(readText('package.json')) as { version: string };

before(async () => {
  const { status, stderr } = await runToEnd([process.execPath, 'src/set-up.mjs', 'bundle', folder], {
    cwd: root,
    timeoutMs: 120_000,
  });
  assert.equal(status, 0, stderr);
});

after(() => rmSync(folder, { recursive: true, force: true }));

test('the bundle serves over UDP and TCP, with metrics, and asks', { timeout: 30_000 }, async (t) => {
  const upstream = await ScriptedUpstream.start();
  t.after(() => upstream.stop());
  const [port, admin] = [await freePort(), await freePort()];
  const flags = [
    `--port=${port}`,
    `--admin=127.0.0.1:${admin}`,
    `--upstream=127.0.0.1:${upstream.endpoint.port}`,
  ];
  const serving = Program.start(t, [...program, 'run', ...flags], { cwd: folder });
  await serving.says(/"msg":"listening"/);
  const endpoint = { address: '127.0.0.1', port };
  for (const reply of [await askUdp(endpoint, buildQuery()), await askTcp(endpoint, buildQuery())])
    assert.deepEqual(addresses(parseMessage(reply)), ['192.0.2.1']);
  const metrics = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
  assert.match(metrics, /^coredns_dns_requests_total\{/m);
  const asked = await runToEnd([...program, 'query', 'example.com', '--server', `127.0.0.1:${port}`], {
    cwd: folder,
  });
  assert.match(asked.stdout, /^;; NOERROR/, asked.stderr);
  const status = await runToEnd([...program, 'status', '--admin', `127.0.0.1:${admin}`], { cwd: folder });
  assert.match(
    status.stdout,
    new RegExp(`^primary +\\d+ +${version.replaceAll('.', '\\.')} `, 'm'),
    status.stderr,
  );
});

test('the bundle reads a Corefile with a regular expression', async () => {
  const file = join(folder, 'Corefile');
  const lines = ['bind 127.0.0.1', 'template IN A {', 'match ^(a', '}'];
  writeFileSync(file, `. {\n${lines.join('\n')}\n}\n`);
  const { status, stderr, stdout } = await runToEnd([...program, 'check', file], { cwd: folder });
  assert.equal(status, 3, stderr);
  assert.match(stderr + stdout, /4: .*"\^\(a" is no regular expression: missing closing \)/);
});

test('two bundles are twins', { timeout: 30_000 }, async (t) => {
  const [port, admin] = [await freePort(), await freePort()];
  const flags = ['--port', String(port), '--upstream', '192.0.2.1', '--log-format', 'text'];
  const start = (slot: string, adminPort: number) =>
    Program.start(t, [...program, 'run', '--slot', slot, '--admin', `127.0.0.1:${adminPort}`, ...flags], {
      cwd: folder,
    });
  const primary = start('primary', admin);
  await primary.says(/listening/);
  const secondary = start('secondary', await freePort());
  await primary.says(/twin found/);
  secondary.child.kill('SIGKILL');
  await primary.says(/twin died: its queries are answered here/);
});

test('what the bundle leaves out says where it is', async () => {
  const { status, stderr } = await runToEnd([...program, 'chaos', '--list'], { cwd: folder });
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^twindns: the chaos suite is not in this bundle\. Run it from a checkout: npm run chaos/,
  );
});

test('the licences of all packages at run time are beside the bundle', () => {
  const licences = readFileSync(join(folder, 'LICENSES'), 'utf8');
  for (const name of ['commander', 'dns-packet', 'lru-cache', 'prom-client'])
    assert.match(licences, new RegExp(`^${name} \\d[^]*?(Permission|Licen[sc]e)`, 'm'));
});
