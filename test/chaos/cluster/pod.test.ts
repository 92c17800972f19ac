// pod.test — an instance is treated as a kubelet would: waited for by its probes, watched by them, ended in its time.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Pod } from '../../../chaos/cluster/pod.ts';
import type { Probe } from '../../../chaos/cluster/shapes.ts';

/** What it is asked is answered here, in its place. */
const program = `
if (process.argv.includes('ending')) { console.log('no such thing'); process.exit(3); }
process.on('SIGTERM', () => process.argv.includes('deaf') || process.exit(0));
setInterval(() => {}, 1000);
console.log('running');
`;

interface Answers {
  /** One after the other; the last again and again. */
  readonly health?: readonly number[];
  readonly ready?: readonly number[];
}

async function startAnswering(t: TestContext, { health = [200], ready = [200] }: Answers) {
  const left = { '/health': [...health], '/ready': [...ready] };
  const asked: string[] = [];
  const server = createServer(({ url }, reply) => {
    asked.push(url!);
    const statuses = left[url as '/health' | '/ready'];
    reply.writeHead(statuses.length > 1 ? statuses.shift()! : statuses[0]!).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { asked, port: (server.address() as AddressInfo).port };
}

async function startPod(t: TestContext, answers: Answers, ...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-pod-'));
  const file = join(folder, 'program.js');
  writeFileSync(file, program);
  const { asked, port } = await startAnswering(t, answers);
  const probe = (path: string, failureThreshold: number): Probe => {
    return { httpGet: { path, port }, periodSeconds: 0.05, timeoutSeconds: 5, failureThreshold };
  };
  const failures: string[] = [];
  let failed = () => {};
  const failing = new Promise<void>((resolve) => {
    failed = resolve;
  });
  // Probes are not answered by the program: a signal could be sent before there is somebody to hear it.
  let heard = () => {};
  const running = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const pod = new Pod(
    {
      slot: 'primary',
      args,
      environment: {},
      rights: { user: 0, group: 0, capabilities: [], mayGain: false, readOnlyRoot: true },
      files: [],
      maps: [],
      preStop: undefined,
      probes: {
        startup: probe('/health', 100),
        liveness: probe('/health', 2),
        readiness: probe('/ready', 1),
      },
      grace: args.includes('deaf') ? 300 : 20_000,
    },
    { nodeIp: '127.0.0.1', folder, program: file },
    () => heard(),
    (sentence) => {
      failures.push(sentence);
      failed();
    },
  );
  t.after(async () => {
    if (pod.alive) await pod.end('SIGKILL');
    rmSync(folder, { recursive: true });
  });
  await running;
  return { pod, asked, failures, failing };
}

test('it is ready when it was started and ready, in this order', { timeout: 30_000 }, async (t) => {
  const { pod, asked, failures } = await startPod(t, { health: [503, 500, 200], ready: [503, 404, 204] });
  await pod.ready();
  assert.deepEqual(asked.slice(0, 3), ['/health', '/health', '/health']);
  assert.equal(asked.filter((path) => path === '/ready').length, 3);
  assert.match(await pod.end('SIGTERM'), /^exit code 0$/);
  assert.deepEqual(failures, []);
});

test('what ends without being ready is told', { timeout: 30_000 }, async (t) => {
  const { pod } = await startPod(t, { health: [503] }, 'ending');
  await assert.rejects(pod.ready(), /^Error: the primary ended\. Its last lines:/);
});

test('what fails its liveness probe as often as it may not would be restarted', {
  timeout: 30_000,
}, async (t) => {
  const { pod, failures, failing } = await startPod(t, { health: [200, 503, 200, 503] });
  await pod.ready();
  await failing;
  assert.deepEqual(failures, ['The primary would have been restarted: its liveness probe failed.']);
});

test('what does not hear SIGTERM is killed when its time is over', { timeout: 30_000 }, async (t) => {
  const { pod, failures } = await startPod(t, {}, 'deaf');
  await pod.ready();
  const inside = Number(readFileSync(`/proc/${pod.pid}/task/${pod.pid}/children`, 'utf8'));
  await pod.end('SIGTERM');
  assert.deepEqual(failures, ['The primary did not end within its 0.3 s.']);
  assert.throws(() => process.kill(inside, 0), { code: 'ESRCH' });
});
