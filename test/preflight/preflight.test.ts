// preflight.test — the command as it is typed, with a program in the place of kubectl that plays what files say.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Ended, Kubectl } from '../../src/preflight/kubectl.ts';
import { preflight } from '../../src/preflight/preflight.ts';
import { runToEnd, twindns } from '../lab/program.ts';
import { usual } from './clusters.ts';

/** Plays FOLDER/RESOURCE.json; what has no file is of a kind the cluster does not have. Keeps the words it was called with. */
const player = `#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/calls"
for word; do
  case $word in
    get|--context=*) ;;
    --raw=/version) test ! -f "$here/refusal" || { cat "$here/refusal" >&2; exit 1; }; exit 0 ;;
    *) break ;;
  esac
done
file=$here/$word.json
if test -f "$file"; then cat "$file"; exit 0; fi
echo "error: the server doesn't have a resource type \\"$word\\"" >&2
exit 1
`;

const files = {
  namespaces: usual.namespaces,
  services: usual.services,
  'endpointslices.discovery.k8s.io': usual.endpointSlices,
  configmaps: usual.maps,
  'daemonsets.apps': usual.daemonSets,
  nodes: usual.nodes,
};

function kubectlFolder(t: TestContext, change: Readonly<Record<string, readonly unknown[]>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-kubectl-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'kubectl'), player);
  chmodSync(join(folder, 'kubectl'), 0o755);
  for (const [resource, items] of Object.entries({ ...files, ...change }))
    writeFileSync(join(folder, `${resource}.json`), JSON.stringify({ kind: 'List', items }));
  return folder;
}

const run = (folder: string, ...args: string[]) =>
  runToEnd([...twindns, 'preflight', ...args], { env: { ...process.env, PATH: `${folder}:/usr/bin:/bin` } });

test('a cluster without anything ends with 0, one with something with 1, and says what to do', {
  timeout: 30_000,
}, async (t) => {
  const clear = await run(kubectlFolder(t), '--context', 'mine');
  assert.deepEqual(
    [clear.status, clear.stdout],
    [0, 'Nothing was found that stands in the way.\n'],
    clear.stderr,
  );
  const folder = kubectlFolder(t, { 'dnses.operator.openshift.io': [{ metadata: { name: 'a\u001b[2J' } }] });
  const found = await run(folder);
  assert.equal(found.status, 1, found.stderr);
  assert.match(
    found.stdout,
    /^STOP {4}OpenShift: .*\n {8}where: a\\x1b\[2J\n {8}do: {4}do not install it there\n$/,
  );
  const calls = readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
  assert.ok(calls.length > 10);
  for (const call of calls)
    assert.match(call, /^get .*--request-timeout=20s$/, 'it reads, and does nothing else');
});

test('JSON has the same', async (t) => {
  const { stdout, status } = await run(kubectlFolder(t, { services: [] }), '--json');
  const { clear, findings } = JSON.parse(stdout) as { clear: boolean; findings: Record<string, string>[] };
  assert.deepEqual([clear, status, findings.length], [false, 1, 1]);
  assert.deepEqual(Object.keys(findings[0]!), ['grade', 'what', 'where', 'advice']);
});

test('no kubectl, and no cluster, are one clear sentence each', async (t) => {
  const empty = mkdtempSync(join(tmpdir(), 'twindns-kubectl-'));
  t.after(() => rmSync(empty, { recursive: true, force: true }));
  const missing = await runToEnd([process.execPath, ...twindns.slice(1), 'preflight'], {
    env: { PATH: empty },
  });
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /^twindns: cannot run kubectl: it is not installed, or not in PATH\./);
  const folder = kubectlFolder(t);
  writeFileSync(
    join(folder, 'refusal'),
    'E1129 memcache\nThe connection to the server 192.0.2.1:6443 was refused\n',
  );
  const refused = await run(folder);
  assert.equal(refused.status, 1);
  assert.match(
    refused.stderr,
    /^twindns: kubectl reaches no cluster: The connection to the server 192\.0\.2\.1:6443 was refused\./,
  );
  assert.equal(refused.stdout, '');
});

// In the process: kubectl that says no, or nothing.

const scripted =
  (answer: (words: readonly string[]) => Partial<Ended>) => async (words: readonly string[]) => ({
    status: 0,
    stdout: '',
    stderr: '',
    ...answer(words),
  });

test('what may not be listed is told, and is no reason to end with 0', async () => {
  const said: string[] = [];
  const denied = scripted((words) =>
    words.includes('nodes')
      ? { status: 1, stderr: 'Error from server (Forbidden): nodes is forbidden: User "me" cannot list\n' }
      : words.includes('services')
        ? { status: undefined }
        : {},
  );
  assert.equal(await preflight({ context: undefined, json: true }, denied, (text) => said.push(text)), false);
  const { findings } = JSON.parse(said.join('')) as {
    findings: { grade: string; what: string; where: string }[];
  };
  const unseen = findings
    .filter(({ grade }) => grade === 'unseen')
    .map(({ where, what }) => `${where} ${what}`);
  assert.ok(
    unseen.some((one) => /^nodes could not be looked at: .*User "me" cannot list/.test(one)),
    unseen.join('\n'),
  );
  assert.ok(
    unseen.some((one) => /^services .*longer than a minute/.test(one)),
    unseen.join('\n'),
  );
});

test('one object comes as it is, none as nothing, and what is no JSON is not seen', async () => {
  const see = (stdout: string) =>
    new Kubectl(
      scripted(() => ({ stdout })),
      'c',
    ).see({ resource: 'nodes' });
  assert.deepEqual(await see('{"kind":"Node"}'), { items: [{ kind: 'Node' }] });
  assert.deepEqual(await see(''), { items: [] });
  assert.deepEqual(await see('<html>'), { unseen: 'kubectl printed no JSON' });
});

test('names are asked for in a namespace, or where there is none', async () => {
  const calls: string[] = [];
  const kubectl = new Kubectl(
    scripted((words) => {
      calls.push(words.join(' '));
      return {};
    }),
    'c',
  );
  await kubectl.see({ resource: 'namespaces', names: ['kube-system'] });
  await kubectl.see({ resource: 'nodes' });
  await kubectl.see({ resource: 'services', namespace: 'kube-system' });
  const end = '--ignore-not-found --output=json --request-timeout=20s';
  assert.deepEqual(calls, [
    `--context=c get namespaces kube-system ${end}`,
    `--context=c get nodes --all-namespaces ${end}`,
    `--context=c get services --namespace=kube-system ${end}`,
  ]);
});
