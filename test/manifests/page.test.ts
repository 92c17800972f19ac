// page.test — what the page of the manifests shows as YAML is valid, and goes with the manifests.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { composed } from '../../chaos/cluster/manifests.ts';
import { isDaemonSet, type Kustomization } from '../../chaos/cluster/shapes.ts';
import { pageAt } from '../docs/pages.ts';
import { podRules } from './pod-rules.ts';
import { clusterOfIpv6, optionsOf } from './told.ts';

type Check = (shown: object) => unknown;

/** By kind: each kind of the page has one, so that no block is shown that nothing reads. */
const checks: Readonly<Record<string, Check>> = {
  async Kustomization(shown) {
    const resources = composed(shown as Kustomization, 'mine');
    for (const rule of podRules)
      for (const daemonSet of resources.filter(isDaemonSet)) assert.ok(rule.holds(daemonSet), rule.name);
    await Promise.all(optionsOf(resources, clusterOfIpv6));
  },
};

test('each block of YAML on the page is of a kind that is checked, and right', async () => {
  const blocks = pageAt('manifests/README.md').blocks.filter(({ language }) => language === 'yaml');
  assert.ok(blocks.length > 0);
  for (const { text, line } of blocks) {
    const shown = parse(text) as { kind: string };
    const check = checks[shown.kind];
    assert.ok(check !== undefined, `line ${line}: no test knows a ${shown.kind}`);
    await check(shown);
  }
});

test('a block that goes with nothing is found', async () => {
  const missing = { kind: 'Kustomization', resources: ['../manifests/bass'] };
  await assert.rejects(async () => checks.Kustomization!(missing));
  const inert = { kind: 'Kustomization', components: ['../manifests/components/ipv6'] };
  await assert.rejects(async () => checks.Kustomization!(inert));
});
