// progress — one line that tells what is going on; a terminal sees it rewritten, a log file sees the beginnings and the ends.

import type { Outcome } from './outcome.ts';

export interface Progress {
  begun(scenario: string, subject: string): void;
  struck(count: number, of: number): void;
  ended(outcome: Outcome): void;
}

export function openProgress(
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>,
  all: number,
): Progress {
  let done = 0;
  let title = '';
  const clear = stream.isTTY ? '\r\x1b[K' : '';
  const draw = (text: string) => {
    if (stream.isTTY) stream.write(clear + text.slice(0, (stream.columns ?? 80) - 1));
  };
  return {
    begun(scenario, subject) {
      title = `[${++done}/${all}] ${scenario} against ${subject}`;
      if (stream.isTTY) draw(`${title} …`);
      else stream.write(`${title} …\n`);
    },
    struck: (count, of) => draw(`${title}: disaster ${count} of ${of}`),
    ended({ held, disasters, ms, faults }) {
      const said = held ? 'held' : `did not hold. ${faults.join(' ')}`;
      stream.write(
        `${clear}${title}: ${disasters.length} disasters in ${(ms / 1000).toFixed(0)} s, ${said}\n`,
      );
    },
  };
}
