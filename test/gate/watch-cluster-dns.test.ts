// watch-cluster-dns.test — an instance that waits for its twin is told once when the cluster DNS has gone for good.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchClusterDns } from '../../src/gate/watch-cluster-dns.ts';

const config = {
  clusterDns: [{ address: '127.0.0.1', port: 53 }],
  clusterDomain: 'cluster.local',
  requireClusterDns: true,
};

/** Watches a cluster DNS with these answers; resolves to what was told, and how often it was asked by then. */
async function told(answers: readonly (string | undefined)[]) {
  let asked = 0;
  return new Promise<{ reason: string | undefined; asked: number }>((resolve) => {
    const ask = async () => {
      if (asked === answers.length) resolve({ reason: undefined, asked });
      return answers[asked++];
    };
    const stop = watchClusterDns(config, (reason) => resolve({ reason, asked }), { ask, every: 1 });
    setTimeout(stop, 500).unref();
  });
}

test('five questions in a row without an answer are enough, and one answer begins anew', async () => {
  assert.deepEqual(await told(Array(6).fill('silent')), { reason: 'silent', asked: 5 });
  const mended = ['silent', 'silent', 'silent', 'silent', undefined];
  assert.deepEqual(await told([...mended, ...mended, undefined]), { reason: undefined, asked: 11 });
});

test('without a cluster DNS, or where none is required, nothing is asked', () => {
  const ask = async () => assert.fail('asked');
  watchClusterDns({ ...config, clusterDns: [] }, assert.fail, { ask })();
  watchClusterDns({ ...config, requireClusterDns: false }, assert.fail, { ask })();
});
