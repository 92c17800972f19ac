// progress — one line a step on stderr; a terminal sees the line rewritten, a log file sees them all.

export interface Progress {
  step(sentence: string): void;
  /** Stays visible on a terminal. */
  note(sentence: string): void;
  done(): void;
}

export function openProgress(stream: NodeJS.WriteStream, now: () => number): Progress {
  const start = now();
  const clear = stream.isTTY ? '\r\x1b[2K' : '';
  const stamp = () => `[${String(Math.round((now() - start) / 1000)).padStart(3)} s]`;
  return {
    step: (sentence) => {
      const line = `${stamp()} ${sentence}`;
      stream.write(stream.isTTY ? clear + line.slice(0, stream.columns - 1) : `${line}\n`);
    },
    note: (sentence) => stream.write(`${clear}${stamp()} ${sentence}\n`),
    done: () => stream.write(clear),
  };
}
