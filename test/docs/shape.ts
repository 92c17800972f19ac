// shape — whether an output is what a page shows, numbers and the width of gaps aside.
//
// In the page `…` stands for any text; a line of it alone for any lines, or none.

export function hasShape(shown: string, real: string): boolean {
  const lines = plain(shown).map((line) =>
    line === '…' ? '(.*\\n)*?' : `${line.split('…').map(escaped).join('.*')}\\n`,
  );
  return new RegExp(`^${lines.join('')}$`).test(`${plain(real).join('\n')}\n`);
}

// ---------------------------------------------------------------------------------------------------------------------

function plain(text: string): string[] {
  return text
    .trim()
    .split('\n')
    .map((line) =>
      line
        .replace(/\b(\d+[dhm])+\d+s\b/g, '#s') // 1m12s, where the page shows 12s
        .replace(/\d+(\.\d+)?( %| ms\b)?/g, '#')
        .replace(/(?<=\s)-(?=\s|$)/g, '#') // nothing measured yet
        .replace(/\s+/g, ' ')
        .trim(),
    );
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
