// fuzzing.test — the C under libFuzzer: what it was once wrong with is right, and a moment of new inputs finds nothing.

import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build, fuzz, targets } from './fuzz/libfuzzer.mjs';

const corpora = fileURLToPath(new URL('fuzz/corpus/', import.meta.url));

/** Inputs of each target; those of its corpus are a few hundred. */
const MOMENT = 1500;

before(build);

test('every target has a corpus, and all of them are small', () => {
  const files = readdirSync(corpora);
  assert.deepEqual(files.sort(), targets.map(({ name }) => `${name}.txt`).sort());
  const bytes = files.reduce((sum, name) => sum + statSync(`${corpora}${name}`).size, 0);
  assert.ok(bytes < 100_000, `${bytes} bytes`);
});

for (const { name } of targets)
  test(`${name}: its corpus, and inputs nobody has written`, { timeout: 60_000 }, async () => {
    const { findings, executions, branches } = await fuzz(name, 0, { runs: MOMENT, seed: Date.now() % 1e9 });
    assert.deepEqual(
      findings.map(({ what, input }) => `${what}: ${Buffer.from(input).toString('base64')}`),
      [],
    );
    assert.ok(executions > 50 && branches > 30, `${executions} executions, ${branches} branches`);
  });
