// dialogue — a program of the machine that is asked again and again: a question is a line, an answer a line of JSON.
//
// A new process for each question would take milliseconds of processor time from the machine whose delays are measured; a
// process that stays takes a twentieth of that.

import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { surroundings } from './programs.ts';

export class Dialogue {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #waiting: Waiting[] = [];
  #over: Error | undefined;

  /** @param command reads questions from its input, and answers each before it reads the next */
  constructor([file, ...args]: readonly [string, ...string[]]) {
    this.#name = [file, ...args].join(' ');
    // Where there is no home, there is no file in it to keep the questions in.
    const env = { ...surroundings(), HOME: '/dev/null' };
    const child = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-400);
    });
    child.stdin.on('error', () => {}); // it has ended, which `close` tells
    child.once('error', (error) => this.#end(error.message));
    child.once('close', (code, signal) => this.#end(`ended with ${signal ?? code}: ${said.trim()}`));
    createInterface({ input: child.stdout }).on('line', (line) => this.#take(line));
    this.#stay(false);
  }

  /** Resolves to what it answers. @throws Error when it has ended, or says what is no JSON */
  ask(question: string): Promise<unknown> {
    if (this.#over !== undefined) return Promise.reject(this.#over);
    this.#stay(true);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin!.write(`${question}\n`);
    });
  }

  /** Ends it at once; what was asked last gets no answer. */
  close(): void {
    this.#child.kill('SIGKILL');
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** In front of an answer there may be a prompt, and lines without one are no answers. */
  #take(line: string): void {
    const at = line.search(/[[{]/);
    if (at < 0) return;
    const { resolve, reject } = this.#waiting.shift() ?? ignored;
    if (this.#waiting.length === 0) this.#stay(false);
    try {
      resolve(JSON.parse(line.slice(at)));
    } catch (cause) {
      reject(new Error(`${this.#name} said what is no JSON: ${line.slice(0, 200)}`, { cause }));
    }
  }

  /** Only while an answer is due it is a reason for this process not to end. */
  #stay(due: boolean): void {
    const { stdin, stdout, stderr } = this.#child;
    for (const held of [this.#child, ...([stdin, stdout, stderr] as Socket[])])
      if (due) held.ref();
      else held.unref();
  }

  #end(how: string): void {
    this.#over ??= new Error(`${this.#name}: ${how}`);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#over);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

const ignored: Waiting = { resolve: () => {}, reject: () => {} };
