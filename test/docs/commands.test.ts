// commands.test — every command on every page does what is shown.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askedInVain, labelsIn, watched } from '../manifests/watched.ts';
import { stepsOf } from './blocks.ts';
import { startDemoPair } from './demo-pair.ts';
import { pages } from './pages.ts';
import { isShell, runnerOf } from './runners.ts';
import { hasShape } from './shape.ts';

test('every command does what is shown', { timeout: 300_000 }, async (t) => {
  const demo = await startDemoPair(t);
  const done = new Set<string>();
  for (const { path, folder, blocks } of pages) {
    for (const block of blocks.filter(isShell)) {
      for (const { command, output } of stepsOf(block)) {
        const once = `${folder} ${command}`;
        if (output === '' && done.has(once)) continue; // the same on another page
        done.add(once);
        const where = `${path}, line ${block.line}, ${command}`;
        const said = await runnerOf(command)!
          .run(command.split(/\s+/), { demo, folder })
          .catch((error: unknown) => assert.fail(`${where}: ${error}`));
        if (output !== '') assert.ok(hasShape(output, said), `${where} prints:\n${said}\nshown:\n${output}`);
      }
    }
  }
  // Such a pair is at hand here: rules and dashboard ask for what a real one shows. It has no interface, nor always a limit.
  const known = labelsIn(await (await fetch(`http://127.0.0.1:${demo.admin}/metrics`)).text());
  const missing = watched.flatMap(([, expr]) => askedInVain(expr, known));
  assert.deepEqual(
    missing.filter((problem) => !/ twindns_(node|memory)_/.test(problem)),
    [],
  );
});

test('commands that are not what they seem are found', async () => {
  const place = { demo: { port: 1, admin: 2, output: '' }, folder: '.' };
  for (const command of [
    'npm run lnit',
    'npm test no/such/test',
    'npm run chaos -- kill-primry',
    'npm run chaos -- kill-primary --subjects twindns',
    'npm run bench -- --picure a.svg',
    'npm run fuzz -- --target qery',
    'npm run arm64 -- --part all',
    'kubectl apply -k manifests/bass',
  ])
    await assert.rejects(runnerOf(command)!.run(command.split(' '), place), command);
});
