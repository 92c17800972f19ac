// blocks — the fenced blocks of a Markdown page, and the commands and outputs in them.

export interface Block {
  readonly language: string;
  readonly text: string;
  /** Of the fence, from 1. */
  readonly line: number;
}

export function fencedBlocks(page: string): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of page.split('\n').entries()) {
    const fence = /^```(\S*)/.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === undefined) open = { language: fence[1]!, line: index + 1, lines: [] };
    else {
      blocks.push({ language: open.language, line: open.line, text: open.lines.join('\n') });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`the block that begins in line ${open.line} has no end`);
  return blocks;
}

export interface Step {
  readonly command: string;
  /** What it prints, as far as the page shows it; empty: the page shows nothing. */
  readonly output: string;
}

/** `sh`: a command a line. `console`: commands behind `$ `, each with its output below. */
export function stepsOf({ language, text }: Block): Step[] {
  if (language === 'sh') {
    const commands = text.replaceAll('\\\n', ' ').split('\n');
    return commands
      .filter((line) => line.trim() !== '' && !line.startsWith('#'))
      .map((command) => ({ command: command.replace(/\s+# .*$/, ''), output: '' }));
  }
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...lines] = part.split('\n');
      return { command, output: lines.join('\n').trimEnd() };
    });
}

/** What stands between `<!-- name … -->` and `<!-- /name -->`. */
export function marked(page: string, name: string): string | undefined {
  return new RegExp(`<!-- ${name}[^>]*-->\\n([^]*?)<!-- /${name} -->`).exec(page)?.[1]?.trim();
}
