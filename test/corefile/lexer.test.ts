// lexer.test — how a text falls into words: quotes, comments, lines, braces.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Lexed, lex } from '../../src/corefile/lexer.ts';
import { atOnce } from '../../src/pieces.ts';

const lexed = (text: string): Lexed => atOnce(lex(text, 'Corefile', 1000, (word) => word));
/** `line:word`, a word that begins a line with a dash before it, a quoted one in quotes, a brace that counts twice. */
const shown = (text: string) =>
  lexed(text)
    .tokens.map(({ text: word, line, isQuoted, startsLine, brace }) => {
      const content = isQuoted ? `"${word}"` : `${word}${brace ?? ''}`;
      return `${startsLine ? '-' : ''}${line}:${content}`;
    })
    .join(' ');

const rows: readonly (readonly [what: string, text: string, words: string])[] = [
  ['words are parted by white space of all kinds', 'a\tb\u00a0c\u2003d\n\n  e', '-1:a 1:b 1:c 1:d -3:e'],
  ['a byte order mark is dropped', '\ufeffa b', '-1:a 1:b'],
  ['a carriage return parts nothing', 'a\r\nb\rc\r\n', '-1:a -2:bc'],
  ['a quoted word may have blanks', '"a b" c', '-1:"a b" 1:c'],
  ['it ends at its quote', '"a"b', '-1:"a" 1:b'],
  ['a quote within a word is a character', 'a"b c"', '-1:a"b 1:c"'],
  ['\\" is a quote in quotes, other backslashes stay', '"a\\"b\\.\\\\" c', '-1:"a"b\\.\\\\" 1:c'],
  ['backslashes outside of quotes stay', 'a\\"b \\', '-1:a\\"b 1:\\'],
  ['lines of a quoted word count, and its line goes on', '"a\nb" c\nd', '-1:"a\nb" 2:c -3:d'],
  ['a comment goes to the end of the line', 'a # b "c\nd#e f\n#g', '-1:a -2:d'],
  ['a hash in quotes is a character', '"a # b"', '-1:"a # b"'],
  ['braces that stand alone count', 'a { {b} "{" }', '-1:a 1:{{ 1:{b} 1:"{" 1:}}'],
  ['an empty quoted word is a word', 'a ""', '-1:a 1:""'],
  ['single quotes are characters', "a 'b c'", "-1:a 1:'b 1:c'"],
  ['there is nothing in nothing', ' \n # a', ''],
];
for (const [what, text, words] of rows) test(what, () => assert.equal(shown(text), words));

test('a quote that does not end and a comment glued to a word are told', () => {
  assert.equal(lexed('a "b\nc').unended?.line, 1);
  assert.equal(lexed('"a"').unended, undefined);
  assert.deepEqual(
    lexed('30#note text\na # b').glued.map(({ text }) => text),
    ['30'],
  );
});

test('no more words are made than asked for', () => {
  const { tokens, isCut } = atOnce(lex('a '.repeat(1001), 'Corefile', 1000, (word) => word));
  assert.deepEqual([tokens.length, isCut], [1000, true]);
  assert.equal(atOnce(lex('a '.repeat(1000).trim(), 'Corefile', 1000, (word) => word)).isCut, false);
});
