// story — what a page shows of the log, the status and the metrics of an instance after something has happened.

import { type Block, fencedBlocks } from './blocks.ts';

/** Lines of a log without their time, a table of the status, or metrics. */
export function isStory({ language, text }: Block): boolean {
  const line = /^((INFO|WARN) {2}\S.*|SLOT {2}.*|(primary|secondary) {2}.*|twindns_\S+ \S+)$/;
  return language === 'text' && text.split('\n').every((shown) => line.test(shown));
}

export interface Chapter {
  readonly title: string;
  /** All lines shown, in their order. */
  readonly lines: readonly string[];
}

/** Parts of a section: prose, and the blocks that follow it. */
export function chaptersOf(section: string): Chapter[] {
  return section.split(/(?<=^```\n)\n(?!```)/m).flatMap((part) => {
    const blocks = fencedBlocks(part).filter(isStory);
    const lines = blocks.flatMap(({ text }) => text.split('\n'));
    return lines.length > 0 ? [{ title: part.split('\n```')[0]!.trim(), lines }] : [];
  });
}
