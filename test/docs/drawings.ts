// drawings — the drawings in characters on a page: words on their arrows are messages the twins really send.

import { messageTypes } from '../../ha/link/protocol.ts';
import type { Block } from './blocks.ts';

const widest = 100;

export function isDrawing({ language, text }: Block): boolean {
  return language === 'text' && /[─│┌└►◄▼▲]/.test(text);
}

/** Words on arrows: `── join ──►`, `◄── taken ──`. */
export function messagesOf({ text }: Pick<Block, 'text'>): string[] {
  return [...text.matchAll(/─ ([a-z]+(?:, [a-z]+)*) ─/g)].flatMap(([, words]) => words!.split(', '));
}

export function drawingProblems(block: Block): string[] {
  const wide = block.text.split('\n').some((line) => [...line].length > widest);
  return [
    ...(wide ? [`line ${block.line}: the drawing is wider than ${widest} characters`] : []),
    ...(block.text.includes('\t') ? [`line ${block.line}: the drawing has a tab`] : []),
    ...messagesOf(block)
      .filter((word) => !messageTypes.some((type) => type === word))
      .map((word) => `line ${block.line}: twins do not send "${word}"`),
  ];
}
