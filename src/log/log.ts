// log — one line an event: JSON with pino's field names, or text for a terminal.
//
// Repeats are limited: of lines with the same level and message, whatever their fields, five pass in ten seconds. The rest are
// counted, and told in one line of that message with the field `repeated` when the next line of any kind is logged after
// the ten seconds. At most 256 messages are told apart, so hostile traffic cannot fill memory or the disk through the log. Of all
// messages together 60 pass at once, and one a second after that; what is left out is counted, and told. Of errors 20 more pass.

import type { LogFormat, LogLevel } from '../config.ts';
import { logLevels } from '../config.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** At level info, and not limited: for lines of which their caller writes no more than can be read. */
  line(message: string, fields?: Fields): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Takes one line with its newline. */
  readonly write: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Fields of each JSON line, whatever else is in it, e.g. the slot of the writer; text lines leave them out. */
  readonly always?: Fields;
  /** Colour the level in text. */
  readonly colour?: boolean;
}

export function createLog(options: LogOptions): Log {
  const { write, now } = options;
  const lowest = logLevels.indexOf(options.level);
  const render = options.format === 'json' ? jsonLine : textLine;
  const windows = new Map<string, Window>();
  const pace = new Pace();

  function log(level: LogLevel, message: string, fields: Fields): void {
    if (logLevels.indexOf(level) < lowest) return;
    const time = now();
    tellRepeats(time);
    const key = `${level} ${message}`;
    const window = windows.get(key);
    if (window !== undefined) {
      window.lines++;
      if (window.lines > maxLines) return;
    } else if (windows.size < maxWindows) {
      windows.set(key, { level, message, until: time + windowMs, lines: 1 });
    }
    put(time, level, message, fields);
  }

  function put(time: number, level: LogLevel, message: string, fields: Fields): void {
    if (level !== 'debug' && !pace.admits(time, level === 'error')) return;
    const leftOut = pace.takeLeftOut();
    if (leftOut > 0) write(render(time, 'warn', 'more lines came than are told', { leftOut }, options));
    write(render(time, level, message, fields, options));
  }

  function tellRepeats(time: number): void {
    for (const [key, { until, lines, level, message }] of windows) {
      if (time < until) break; // Map keeps the order of insertion, which is that of `until`
      windows.delete(key);
      if (lines > maxLines) put(time, level, message, { repeated: lines - maxLines });
    }
  }

  return {
    debug: (message, fields = {}) => log('debug', message, fields),
    info: (message, fields = {}) => log('info', message, fields),
    warn: (message, fields = {}) => log('warn', message, fields),
    error: (message, fields = {}) => log('error', message, fields),
    line: (message, fields = {}) => {
      if (logLevels.indexOf('info') >= lowest) write(render(now(), 'info', message, fields, options));
    },
  };
}

/** Whether text written to this stream may carry colour; https://no-color.org. */
export function mayColour(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  return isTerminal && !env.NO_COLOR && env.TERM !== 'dumb';
}

/** Text from elsewhere, made harmless for a terminal: no control characters, none of the 8-bit ones either. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028-\u202e]/g, (c) => {
    const code = c.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}

// ---------------------------------------------------------------------------------------------------------------------

const maxLines = 5;
const windowMs = 10_000;
const maxWindows = 256;

interface Window {
  readonly level: LogLevel;
  readonly message: string;
  readonly until: number;
  lines: number;
}

/** How many lines may be written: some at once, and then one a second. */
class Pace {
  #left = BURST;
  #at = Number.NEGATIVE_INFINITY;
  #leftOut = 0;

  /** @param time milliseconds since 1970; it may step */
  admits(time: number, isError: boolean): boolean {
    this.#left = Math.min(BURST, this.#left + Math.max(0, time - this.#at) / 1000);
    this.#at = time;
    if (this.#left < (isError ? 1 - MORE_ERRORS : 1)) {
      this.#leftOut++;
      return false;
    }
    this.#left--;
    return true;
  }

  /** How many were not admitted since this was asked last. */
  takeLeftOut(): number {
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }
}

const BURST = 60;
const MORE_ERRORS = 20;

const colours: Record<LogLevel, number> = { debug: 90, info: 32, warn: 33, error: 31 };

function jsonLine(
  time: number,
  level: LogLevel,
  msg: string,
  fields: Fields,
  { always }: LogOptions,
): string {
  const stamp = new Date(time).toISOString();
  return `${JSON.stringify({ level, time: stamp, ...always, ...fields, ...always, msg }, errorAsObject)}\n`;
}

/** Errors have no enumerable fields; pino's serializer names these three, and the cause is what one looks for. */
function errorAsObject(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (!(value instanceof Error)) return value;
  const { name: type, message, stack, cause } = value;
  const code = 'code' in value ? value.code : undefined;
  return { type, message, stack, code, cause };
}

function textLine(
  time: number,
  level: LogLevel,
  msg: string,
  fields: Fields,
  { colour }: LogOptions,
): string {
  const stamp = new Date(time).toISOString();
  const word = level.toUpperCase().padEnd(5);
  const shown = colour === true ? `\x1b[${colours[level]}m${word}\x1b[0m` : word;
  let line = `${stamp} ${shown} ${printable(msg)}`;
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) line += ` ${name}=${textValue(value)}`;
  }
  return `${line}\n`;
}

function textValue(value: unknown): string {
  if (value instanceof Error) return textValue(value.stack ?? value.message);
  const text = typeof value === 'string' ? value : (JSON.stringify(value, errorAsObject) ?? String(value));
  return /[\s"=]/.test(text) && typeof value === 'string' ? printable(JSON.stringify(text)) : printable(text);
}
