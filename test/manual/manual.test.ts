// manual.test — the manual page has every command, option, variable and exit status, and is roff that nothing stumbles over.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodes } from '../../src/errors.ts';
import { manual } from '../../src/manual/manual.ts';
import { literal, prose } from '../../src/manual/roff.ts';
import { runOptions } from '../../src/options/option-table.ts';
import { ownProgram } from '../lab/own-program.ts';

const program = ownProgram();
const page = manual(program, '1.2.3');

/** The lines of a section. */
function sectionOf(title: string): string[] {
  const lines = page.split('\n');
  const from = lines.indexOf(`.SH ${title}`);
  assert.ok(from > 0, title);
  const to = lines.findIndex((line, i) => i > from && line.startsWith('.SH'));
  return lines.slice(from + 1, to < 0 ? undefined : to);
}

/** Macros of man(7) and requests of troff that the page may use. */
const known = ['TH', 'SH', 'SS', 'TP', 'PP', 'nf', 'fi', 'RS', 'RE', 'BR', 'br', 'nh', 'ad'];

function roffProblems(text: string): string[] {
  const lines = text.split('\n').slice(0, -1);
  return [
    ...lines.flatMap((line) => {
      const [, macro] = /^\.(\S*)/.exec(line) ?? [];
      return macro === undefined || known.includes(macro) ? [] : [`${line}: is read as a command`];
    }),
    ...lines.filter((line) => /^'/.test(line)).map((line) => `${line}: is read as a command`),
    ...lines.filter((line) => line.trim() === '').map(() => 'an empty line'),
    ...lines.filter((line) => /\s$/.test(line)).map((line) => `${line}: a space at the end`),
    ...(text.match(/[^\n\x20-\x7e]/gu) ?? []).map((letter) => `${letter} is not ASCII`),
    ...(text.match(/\\(?!e|-|&|f[BIR]|\[u[0-9A-F]{4,}\]).?/g) ?? []).map((one) => `${one}: no such escape`),
    ...lines.filter((line) => (line.match(/\\f[BI]/g) ?? []).length !== (line.match(/\\fR/g) ?? []).length),
    ...(count(lines, '.nf') === count(lines, '.fi') && count(lines, '.RS') === count(lines, '.RE')
      ? []
      : ['.nf']),
  ];
}

function count(lines: readonly string[], line: string): number {
  return lines.filter((one) => one === line).length;
}

test('it is roff that nothing stumbles over', () => {
  for (const bad of ['.XX\n', "'a\n", 'a\n\nb\n', 'a \n', '…\n', '\\x\n', '\\fBa\n', '.nf\na\n'])
    assert.equal(roffProblems(bad).length > 0, true, bad);
  assert.deepEqual(roffProblems(page), []);
  assert.equal(prose('.a `b-c` \\ …'), '\\&.a \\fBb\\-c\\fR \\e \\[u2026]');
});

test('it begins with its title, and the line by which it is found', () => {
  assert.match(page, /^\.TH TWINDNS 8 "" "twindns 1\.2\.3" /);
  assert.match(sectionOf('NAME').join(), /^twindns \\- a node\\-local DNS cache/);
});

test('every command is there, with what it is for', () => {
  for (const { name, purpose, examples } of program.commands.filter((one) => one.name !== 'help')) {
    assert.ok(
      sectionOf('SYNOPSIS').some((line) => line.startsWith(`${literal('twindns')} ${literal(name)}`)),
    );
    const commands = sectionOf('COMMANDS');
    assert.ok(commands.includes(`.SS twindns ${name}`), name);
    for (const line of [purpose, ...examples].map(prose))
      assert.ok(commands.join('\n').includes(line.slice(0, 40)), line);
  }
});

test('every option is there, those of run with their variables', () => {
  const terms = page.split('\n').filter((_, i, lines) => lines[i - 1] === '.TP');
  const isTerm = (name: string) => terms.some((term) => term.includes(literal(name)));
  assert.ok(!isTerm('--lisen'));
  for (const { options } of program.commands)
    for (const { long, negative = long } of options) assert.ok(isTerm(long) && isTerm(negative), long);
  for (const { env, sentence } of runOptions) {
    assert.ok(sectionOf('ENVIRONMENT').includes(literal(env)), env);
    assert.ok(
      sectionOf('OPTIONS OF RUN').some((line) => line.startsWith(prose(sentence))),
      sentence,
    );
  }
});

test('every exit status is there', () => {
  for (const [status, meaning] of exitCodes) {
    const lines = sectionOf('EXIT STATUS');
    assert.equal(lines[lines.indexOf(literal(String(status))) + 1], prose(meaning));
  }
});
