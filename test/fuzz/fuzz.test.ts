// fuzz.test — what was once answered wrongly is not again; inputs nobody has written find nothing for a moment.

import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { corpusFile, readCorpus } from './corpus.ts';
import { type CountedBundle, countedBundle } from './counted-bundle.ts';
import { session } from './session.ts';
import { targets } from './targets/all.ts';

/** Milliseconds for each target. */
const MOMENT = 100;

for (const target of targets)
  test(`${target.name}: all seeds and the whole corpus are answered rightly`, () => {
    for (const bytes of target.seeds()) target.run(Buffer.from(bytes));
    const corpus = readCorpus(corpusFile(target.name));
    assert.ok(corpus.length > 0, 'it has a corpus');
    for (const { bytes } of corpus) {
      try {
        target.run(Buffer.from(bytes));
      } catch (cause) {
        throw new Error(`wrong for ${bytes.toString('base64')}`, { cause });
      }
    }
  });

test('the corpora are small', () => {
  const sizes = targets.map(({ name }) => statSync(corpusFile(name)).size);
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 300_000, sizes.join(' '));
});

test('a moment of fuzzing finds nothing wrong', async () => {
  const bundle = await countedBundle('dist/test/fuzz/targets/all.js');
  try {
    const corpora = new Map(
      targets.map(({ name }) => [name, readCorpus(corpusFile(name)).map(({ bytes }) => bytes)]),
    );
    const rows = await session(bundle, {
      turns: targets.map(({ name }) => ({ target: name, milliseconds: MOMENT, inputs: corpora.get(name)! })),
      seed: Date.now(),
      most: 70_000,
    });
    assert.deepEqual(
      rows.flatMap(({ target, findings }) =>
        findings.map(({ what, input }) => `${target}: ${what}: ${Buffer.from(input).toString('base64')}`),
      ),
      [],
    );
    assert.deepEqual(
      rows.filter(({ branches, executions }) => branches < 10 || executions < 50).map(({ target }) => target),
      [],
      'each target takes branches',
    );
  } finally {
    bundle.remove();
  }
});

describe('the fuzzer itself', () => {
  let bundle: CountedBundle;
  before(async () => {
    bundle = await countedBundle('dist/test/fuzz/sample-target.js');
  });
  after(() => bundle.remove());

  const found = async (target: string, input: string, milliseconds: number, patience = 10_000) => {
    const [row] = await session(bundle, {
      turns: [{ target, milliseconds, findings: 1, inputs: [Buffer.from(input)] }],
      seed: 1,
      most: 1024,
      patience,
      heap: 64,
    });
    return row!.findings.map(({ what, input: bytes }) => ({
      what,
      input: Buffer.from(bytes).toString('latin1'),
    }));
  };

  test('it finds its way to a fault branch by branch', async () => {
    const [finding] = await found('planted', 'twi', 10_000);
    assert.match(finding?.what ?? '', /^TypeError in planted: planted/);
    assert.match(finding!.input, /^twin\xca\xfe.$/s, 'and makes the input as short as it can be');
  });

  test('it tells of an input that takes too long', async () => {
    assert.deepEqual(await found('slow', '\x01', 0), [{ what: 'takes more than 20 ms', input: '\x01' }]);
  });

  test('it tells of an input that never ends', async () => {
    assert.deepEqual(await found('endless', '\x01', 0, 300), [
      { what: 'runs for more than 0.3 s', input: '\x01' },
    ]);
  });

  test('it tells of an input that takes all memory', async () => {
    const [finding] = await found('unbounded', '\x01', 0);
    assert.equal(finding?.input, '\x01');
    assert.match(finding.what, /memory/);
  });
});
