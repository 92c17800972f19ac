// notify — what systemd is told by the process it has started, where it asks to be: the protocol of sd_notify(3).

import { sendDatagram } from 'node-reuseport';

/** What the starter of the process is told; nothing where it has not asked. */
export interface ServiceManager {
  /** @param why of the sentence "waits …" */
  waits(why: string): void;
  /** Queries are answered from now on. @param what is said of it to people */
  ready(what: string): void;
  stopping(): void;
}

/** Of the kernel and the event loop; tests bring their own. */
export interface Means {
  /** @param name a path, or an abstract name without its @ */
  readonly send: (name: string, text: string) => void;
  readonly every: (ms: number, task: () => void) => void;
  readonly pid: number;
}

/**
 * Begins to say that the process is alive, if that is wanted: twice in the time it may be silent.
 *
 * @param env what systemd asks is taken out of it, or a program that is started here could speak for this process
 */
export function serviceManager(env: NodeJS.ProcessEnv, means: Means = ours): ServiceManager {
  const { NOTIFY_SOCKET: socket = '', WATCHDOG_USEC: patience, WATCHDOG_PID: whom } = env;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
  if (!/^[/@]./.test(socket)) return silent;
  const tell = (...lines: readonly string[]) => means.send(socket.replace(/^@/, ''), lines.join('\n'));
  const silenceMs = Number(patience) / 1000;
  // A loop that turns no more says nothing: its timer is the proof.
  if (silenceMs > 0 && (whom === undefined || whom === String(means.pid)))
    means.every(silenceMs / 2, () => tell('WATCHDOG=1'));
  return {
    waits: (why) => tell(`STATUS=waits ${why}`),
    ready: (what) => tell('READY=1', `STATUS=${what}`),
    stopping: () => tell('STOPPING=1', 'STATUS=stops: answers what it has received'),
  };
}

// ---------------------------------------------------------------------------------------------------------------------

const silent: ServiceManager = { waits() {}, ready() {}, stopping() {} };

const ours: Means = {
  send(name, text) {
    const bytes = Buffer.from(text);
    // Refused, it is not told: a systemd that is restarted takes the next one.
    sendDatagram(name, bytes, bytes.length);
  },
  every(ms, task) {
    setInterval(task, ms).unref();
  },
  pid: process.pid,
};
