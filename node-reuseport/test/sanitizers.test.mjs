// sanitizers.test — the other tests once more, the addon built with AddressSanitizer and UndefinedBehaviorSanitizer.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand } from './lab/command.mjs';
import { withCopy } from './lab/copy.mjs';

// Those that build, measure what the sanitizers change, or take from a process what they need.
const others = [
  ...['sanitizers', 'valgrind', 'fuzzing', 'loading', 'readme', 'stopped', 'lint', 'node-api', 'privileges'],
];
const folder = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(folder).filter(
  (name) => /\.test\.mjs$/.test(name) && !others.includes(name.split('.')[0]),
);

test('no test makes AddressSanitizer or UndefinedBehaviorSanitizer report anything', async () => {
  const compiler = await runCommand('cc', ['-print-file-name=libasan.so']);
  const library = compiler.stdout.trim();
  assert.ok(existsSync(library), 'libasan is missing: it comes with gcc (apt-get install gcc).');
  await withCopy(async (copy) => {
    const args = ['build.mjs', '--', '-Dsanitize=address,undefined'];
    const build = await runCommand(process.execPath, args, { cwd: copy });
    assert.equal(build.status, 0, build.output);
    const reports = join(copy, 'reports');
    mkdirSync(reports);
    // Reports go to files, so that those of child processes count, too, even where their end is not judged.
    const shared = `log_path=${reports}/report:print_stacktrace=1`;
    // What V8 frees and where from is not what is looked for, and keeping it takes half of the time.
    const kept = 'quarantine_size_mb=16:malloc_context_size=12';
    // In one process: each would start slowly, and look for leaks at its end. What closes descriptors is about all tests.
    const all = join(copy, 'all.test.mjs');
    const suites = files.map(
      (name) => `describe('${name}', async () => void (await import('${folder}${name}')));\n`,
    );
    const imports = `import { describe } from 'node:test';\nimport '${folder}lab/descriptors.mjs';\n`;
    writeFileSync(all, imports + suites.join(''));
    const { status, output } = await runCommand(process.execPath, ['--test-reporter=spec', all], {
      env: {
        NODE_REUSEPORT_ADDON: join(copy, 'build/Release/node_reuseport.node'),
        LD_PRELOAD: library,
        // A test that ends a process by one of these signals wants to see that one, and not ASan's own exit.
        ASAN_OPTIONS: `${shared}:${kept}:detect_leaks=1:handle_sigbus=0:handle_sigfpe=0`,
        LSAN_OPTIONS: 'exitcode=0', // most are V8's own; ours are told apart below
        UBSAN_OPTIONS: shared,
      },
    });
    assert.match(output, /^ℹ pass [1-9]\d\d$/m, 'not all tests ran');
    const found = readdirSync(reports)
      .map((name) => readFileSync(join(reports, name), 'utf8'))
      .flatMap(problems);
    assert.deepEqual(found, []);
    assert.equal(status, 0, output);
  });
});

// ---------------------------------------------------------------------------------------------------------------------

/** The parts of a report that concern us: of leaks those with a function of the addon in their stack. */
function problems(report) {
  // A warning on a busy machine, where LeakSanitizer could not stop a thread in time; not of what it found.
  const said = report.replace(
    /^==\d+==Running thread \d+ was not suspended\. False leaks are possible\.\n/gm,
    '',
  );
  if (said === '') return [];
  if (!report.includes('LeakSanitizer: detected memory leaks')) return [report];
  return report
    .split('\n\n')
    .filter((part) => /^(Direct|Indirect) leak/.test(part) && part.includes('node_reuseport'));
}
