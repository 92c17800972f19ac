// clock — real time plus whatever the test skipped.
//
// It keeps running, so that waits in flight behave; a test jumps only over the lives of cached answers, or hastens what is waited
// for: alarms that are due by then ring.

import { performance } from 'node:perf_hooks';
import type { SetAlarm } from '../../src/loop/alarm.ts';

interface Alarm {
  readonly due: number;
  readonly ring: () => void;
  timer: NodeJS.Timeout;
}

export class LabClock {
  #skipped = 0;
  readonly #alarms = new Set<Alarm>();

  /** Monotonic milliseconds. */
  readonly now = (): number => performance.now() + this.#skipped;

  readonly ringIn: SetAlarm = (ring, ms) => {
    const ringOnce = () => {
      if (this.#alarms.delete(alarm)) ring();
    };
    const alarm: Alarm = { due: this.now() + ms, ring: ringOnce, timer: setTimeout(ringOnce, ms) };
    this.#alarms.add(alarm);
    return () => {
      this.#alarms.delete(alarm);
      clearTimeout(alarm.timer);
    };
  };

  skip(seconds: number): void {
    this.#skipped += 1000 * seconds;
    for (const alarm of this.#alarms) {
      clearTimeout(alarm.timer);
      alarm.timer = setTimeout(alarm.ring, alarm.due - this.now());
    }
  }
}
