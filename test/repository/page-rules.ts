// page-rules — what every page obeys: one pure check a rule, each with a sample that breaks it.

import type { Rule } from './rules.ts';

export const pageRules: readonly Rule[] = [
  {
    name: 'a page begins with its title and has one',
    applies: isPage,
    check(_path, text) {
      const titles = withoutBlocks(text).match(/^# .+$/gm) ?? [];
      return [
        ...(/^# \S/.test(text) ? [] : ['does not begin with its title']),
        ...(titles.length > 1 ? [`has ${titles.length} titles`] : []),
      ];
    },
    bad: [
      ['README.md', 'Text.\n\n# Title\n'],
      ['README.md', '# Title\n\n# Another\n'],
    ],
    good: [['README.md', '# Title\n\n```sh\n# a comment\n```\n\n## Section\n']],
  },
  {
    name: 'a sentence on a page names who does a thing',
    applies: isPage,
    check(_path, text) {
      const found = prose(text).match(/\b(whoever|somebody|someone|nobody|anybody|anyone)\b/gi) ?? [];
      return found.map((word) => `says "${word}": a client, a twin, an operator?`);
    },
    bad: [['README.md', '# A\n\nWhoever reads it is told.\n']],
    good: [['README.md', '# A\n\nA client reads `nobody`.\n']],
  },
  {
    name: 'a page tells of no machine but the reader’s',
    applies: isPage,
    check(_path, text) {
      const found = text.match(/(?<![\w.~-])\/(home|root|tmp|Users)\/\S*/g) ?? [];
      return found.map((path) => `names ${path}`);
    },
    bad: [['README.md', '# A\n\nSee /tmp/notes and `/home/a`.\n']],
    good: [['README.md', '# A\n\nSee `/etc/resolv.conf` and `/ready`.\n']],
  },
  {
    name: 'a page is short paragraphs, no wall of text',
    applies: isPage,
    check(_path, text) {
      const paragraphs = withoutBlocks(text).split(/\n\s*\n/);
      return paragraphs
        .filter((paragraph) => !/^\s*(\||-|\d+\.|<|#)/.test(paragraph))
        .filter((paragraph) => paragraph.trim().length > longest)
        .map((paragraph) => `has a paragraph of ${paragraph.trim().length} characters`);
    },
    bad: [['README.md', `# A\n\n${'word '.repeat(200)}\n`]],
    good: [['README.md', `# A\n\n| ${'word '.repeat(200)} |\n`]],
  },
];

// ---------------------------------------------------------------------------------------------------------------------

/** Characters; some six lines. */
const longest = 800;

function isPage(path: string): boolean {
  return path.endsWith('.md');
}

function withoutBlocks(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '');
}

/** What is read as sentences: no blocks, no code. */
function prose(text: string): string {
  return withoutBlocks(text).replace(/`[^`\n]*`/g, '');
}
