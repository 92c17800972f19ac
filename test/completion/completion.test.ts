// completion.test — each shell is told of every command, every option and what stands behind it; bash is asked.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { type Shell, shells } from '../../src/completion/command-text.ts';
import { completion } from '../../src/completion/completion.ts';
import { runOptions } from '../../src/options/option-table.ts';
import type { OptionRow } from '../../src/options/option-types.ts';
import { ownProgram } from '../lab/own-program.ts';
import { twindns } from '../lab/program.ts';

const program = ownProgram();
const rows: readonly OptionRow[] = runOptions;

/** How a shell's script says that a command takes an option. */
const taken: Readonly<Record<Shell, (script: string, command: string, flag: string) => boolean>> = {
  bash: (script, command, flag) =>
    new RegExp(`'${command} -'\\*\\) _twindns_words '([^']* )?${flag}( [^']*)?'`).test(script),
  zsh: (script, command, flag) =>
    new RegExp(`\\n {8}${command}\\) _arguments(?:(?! && return)[^])*?['\\)]${flag}[=\\[]`).test(script),
  fish: (script, command, flag) =>
    new RegExp(`from ${command}' -l ${flag.slice(2)}( .*)?$`, 'm').test(script),
};

test('the program is read whole: its commands, with what each takes', () => {
  const names = program.commands.map(({ name }) => name);
  for (const name of ['run', 'pair', 'query', 'status', 'net', 'check', 'chaos', 'completion', 'man', 'help'])
    assert.ok(names.includes(name), name);
  const run = program.commands.find(({ name }) => name === 'run')!;
  for (const { name, type, choices = [] } of rows) {
    const option = run.options.find(({ long }) => long === `--${name}`)!;
    assert.equal(option.placeholder === undefined, type === 'switch', name);
    assert.equal(option.negative, type === 'switch' ? `--no-${name}` : undefined, name);
    assert.deepEqual(option.value.choices, choices, name);
  }
  assert.ok(!run.options.some(({ long }) => long.includes('custody')));
  for (const { name, summary, purpose, examples } of program.commands) {
    assert.ok(summary.length > 0 && !/Examples:|\n/.test(purpose), name);
    assert.ok(!examples.join().includes('$ '), name);
  }
  assert.ok(run.purpose.length > 0 && run.examples.length > 1);
});

test('each shell is told of every command and every option', () => {
  for (const shell of shells) {
    const script = completion(shell, program);
    assert.ok(!taken[shell](script, 'run', '--lisen') && !taken[shell](script, 'status', '--listen'), shell);
    for (const { name, options } of program.commands) {
      assert.match(script, new RegExp(`\\b${name}\\b`), shell);
      for (const { long, negative } of options) {
        assert.ok(taken[shell](script, name, long), `${shell}: ${name} ${long}`);
        if (negative !== undefined)
          assert.ok(taken[shell](script, name, negative), `${shell}: ${name} ${negative}`);
      }
    }
  }
});

test('what the program prints is of all its commands', () => {
  const printed = execFileSync(twindns[0], [twindns[1], 'completion', 'fish'], { encoding: 'utf8' });
  assert.equal(
    printed,
    completion('fish', program),
    'a command is missing in test/lab/own-program.ts, or out of order',
  );
});

test('bash completes commands, options, and values of both ways to write them', () => {
  const asked: readonly (readonly [words: readonly string[], wanted: readonly string[]])[] = [
    [['ru'], ['run', 'rules'].sort()],
    [['--v'], ['--version']],
    [['run', '--cluster-d'], ['--cluster-domain', '--cluster-dns'].sort()],
    [['run', '--no-le'], ['--no-leader']],
    [
      ['run', '--rules', 'n'],
      ['nftables', 'none'],
    ],
    [
      ['run', '--rules', '=', 'n'],
      ['nftables', 'none'],
    ],
    [
      ['run', '--rules', '='],
      ['iptables', 'nftables', 'none'],
    ],
    [['run', '--listen', ''], []],
    [['run', '--leader', '--log-l'], ['--log-level']],
    [['run', '--corefile', 'package.'], ['package.json']],
    [
      ['--help', 'net', ''],
      ['down', 'up', 'watch'],
    ],
    [['net', '--interface-t'], ['--interface-type']],
    [['completion', ''], [...shells].sort()],
    [['help', 'comp'], ['completion']],
    [['check', 'READ'], ['README.md']],
  ];
  const calls = asked.map(([words]) => {
    const listed = ['twindns', ...words].map((word) => `'${word}'`).join(' ');
    return `COMP_WORDS=(${listed}); COMP_CWORD=${words.length}; _twindns; (IFS=' '; echo "\${COMPREPLY[*]}")`;
  });
  const script = [completion('bash', program), 'complete -p twindns >&2', ...calls].join('\n');
  const said = execFileSync('bash', ['--norc', '-u'], { input: script, encoding: 'utf8', stdio: 'pipe' });
  const answers = said.split('\n').slice(0, -1);
  assert.deepEqual(
    answers.map((line) =>
      line
        .split(' ')
        .filter((word) => word !== '')
        .sort(),
    ),
    asked.map(([, wanted]) => wanted),
  );
});

test('what would end a word of the shell is quoted', () => {
  const option = {
    long: '--odd',
    sentence: "it's [odd]: a\\b",
    value: { kind: 'text', choices: [] },
  } as const;
  const odd = { ...program, options: [option] };
  assert.ok(completion('zsh', odd).includes("'--odd[it'\\''s \\[odd\\]: a\\\\b]'"));
  assert.ok(completion('fish', odd).includes("-l odd -d 'it\\'s [odd]: a\\\\b'"));
});
