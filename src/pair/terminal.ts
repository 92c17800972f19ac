// terminal — lines that scroll, and below them one that is drawn again and again, if this is a terminal.

export interface Terminal {
  line(text: string): void;
  /** Shows this below the lines until it is drawn anew; does nothing where there is no terminal. */
  draw(text: string): void;
  /** Takes the drawn line away for good. */
  clear(): void;
}

/** Where it goes; writing never waits. */
export interface Output {
  readonly isTTY: boolean | undefined;
  /** Characters a line has room for, now. */
  columns(): number | undefined;
  write(text: string): void;
}

export function createTerminal(output: Output): Terminal {
  const live = output.isTTY === true;
  let drawn = '';
  let cleared = false;
  return {
    line(text) {
      output.write(drawn === '' ? `${text}\n` : `${eraseLine}${text}\n${drawn}`);
    },
    draw(text) {
      if (!live || cleared) return;
      drawn = text.slice(0, (output.columns() ?? 80) - 1); // a line that wraps could not be erased
      output.write(`${eraseLine}${drawn}`);
    },
    clear() {
      cleared = true;
      if (drawn !== '') output.write(eraseLine);
      drawn = '';
    },
  };
}

// ---------------------------------------------------------------------------------------------------------------------

const eraseLine = '\r\x1b[K';
