// release.test — the workflow of a release: what it takes from others is named by commit or digest, what it may do is said by job.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { readText } from './files.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
}
interface Job {
  readonly needs?: string | readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: {
    readonly matrix: { readonly include: readonly { platform: string; runner: string }[] };
  };
  readonly steps: readonly Step[];
}

const path = '.github/workflows/release.yml';
const workflow = parse(readText(path)) as { permissions: object; jobs: Readonly<Record<string, Job>> };
const { check, build, publish } = workflow.jobs as Readonly<Record<'check' | 'build' | 'publish', Job>>;
const scriptOf = ({ steps }: Job) => steps.map(({ run = '' }) => run).join('\n');

/** Actions that may change behind their name. */
function loose(text: string): string[] {
  const named = [...text.matchAll(/uses: *(\S+)(.*)$/gm)];
  return named
    .filter(([, name, rest]) => !(/@[0-9a-f]{40}$/.test(name!) && /^ # v\d/.test(rest!)))
    .map(([, name]) => name!);
}

test('each action is named by commit, with its version beside it', () => {
  assert.equal(loose('- uses: actions/checkout@v4\n- uses: a/b@main # v1\n').length, 2);
  assert.ok(readText(path).includes('uses: '));
  assert.deepEqual(loose(readText(path)), []);
});

test('nothing is published that has not passed everything a change must pass', () => {
  assert.match(scriptOf(check), /^\.ci\/run$/m);
  assert.equal(build.needs, 'check');
  assert.deepEqual(publish.needs, ['check', 'build']);
});

test('each job may do what it needs: to write is for those that publish', () => {
  assert.deepEqual(workflow.permissions, {});
  assert.deepEqual(check.permissions, { contents: 'read' });
  assert.equal(build.permissions!.contents, 'read');
  assert.equal(publish.permissions!['id-token'], 'write'); // the identity that signs
});

test('both platforms are built where they run, of bases with a digest, with a list of parts', () => {
  assert.deepEqual(
    build.strategy!.matrix.include.map(({ platform, runner }) => [platform, runner.endsWith('-arm')]),
    [
      ['amd64', false],
      ['arm64', true],
    ],
  );
  // Every FROM of the Dockerfile, whatever they are.
  assert.ok(scriptOf(check).includes("sed -n 's/^FROM \\([^ ]*\\).*/\\1/p' manifests/image/Dockerfile"));
  assert.ok(scriptOf(check).includes('--build-context $base=docker-image://$base@$digest'));
  assert.match(scriptOf(build), /"\$\{bases\[@\]\}"/);
  for (const words of ['--sbom=true', '--provenance=mode=max'])
    assert.ok(scriptOf(build).includes(words), words);
  assert.match(scriptOf(publish), /^cosign sign --yes --recursive "\$IMAGE@\$DIGEST"$/m);
});

test('no script has a value of an expression in its text, where it would be read as code', () => {
  for (const job of Object.values(workflow.jobs)) assert.doesNotMatch(scriptOf(job), /\$\{\{/);
});
