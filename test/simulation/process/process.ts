// process — a simulated process: its descriptors, its clock of processor time, how it fares, and its end.
//
// It runs on the stack of this program, so it is suspended in a call by letting others run in there; and it ends in a call by
// an exception, after which nothing it does has any effect.

import { type Errno, errnos, KernelError } from '../kernel/errno.ts';
import type { Machine } from '../kernel/machine.ts';
import type { SharedMemory } from '../kernel/memory.ts';
import type { OpenFile } from '../kernel/open-file.ts';
import { ProcessLoop } from './event-loop.ts';

/** Milliseconds that a call takes. */
const CALL = 0.002;
/** RLIMIT_NOFILE. */
export const DESCRIPTORS = 1024;

/** Unwinds the stack of a process that has ended in a call. */
export class Ended extends Error {}

/** A call that fails. */
export interface Failing {
  readonly call: string;
  readonly errno: Errno;
  left: number;
}

/** What is seen of the code that runs in it. */
export interface Program {
  /** Begins; the rest is done by callbacks. */
  start(): void;
  signal(name: string): void;
  /** An exception that no code of it has caught. */
  uncaught(error: unknown): void;
}

export class Process {
  readonly machine: Machine;
  readonly pid: number;
  /** For stories. */
  readonly name: string;
  readonly loop: ProcessLoop;
  program: Program | undefined;
  /** running: it can run, or waits. dying: it runs no code any more, and its descriptors are open still. */
  fate: 'running' | 'stopped' | 'dying' | 'gone' = 'running';
  /** Until when it gets no processor. */
  waitsUntil = 0;
  /** Milliseconds it has run, and waited for a processor. */
  ran = 0.5;
  waited = 0;
  /** A call of it is on the stack: it is suspended there while others run. */
  isOnStack = false;
  failing: Failing | undefined;
  /** That of its own arena: what it stores there after its end is taken back. */
  readonly memories: SharedMemory[] = [];
  exitStatus: number | undefined;
  #files: (OpenFile | undefined)[] = [];
  #before: Uint8Array[] | undefined;

  constructor(machine: Machine, name: string) {
    this.machine = machine;
    this.pid = machine.nextPid();
    this.name = name;
    this.loop = new ProcessLoop(
      () => machine.now,
      () => this.isAlive,
    );
  }

  get isAlive(): boolean {
    return this.fate === 'running' || this.fate === 'stopped';
  }

  get canRun(): boolean {
    const { fate, isOnStack, waitsUntil, machine } = this;
    return fate === 'running' && !isOnStack && waitsUntil <= machine.now && this.loop.hasWork;
  }

  /** The letter of proc_pid_stat(5). */
  get state(): string {
    if (this.fate === 'stopped') return 'T';
    return this.isOnStack || this.waitsUntil > this.machine.now || this.loop.hasWork ? 'R' : 'S';
  }

  /** One callback. */
  step(): void {
    this.#run(() => this.loop.step());
  }

  start(): void {
    this.#run(() => {
      this.program?.start();
      this.loop.drain();
    });
  }

  /** Before each call, and between two stores into memory that others read. @throws Ended */
  enter(call: string): void {
    const { machine } = this;
    if (machine.isLookedAt) return;
    if (!this.isAlive) this.#unwind();
    machine.now += CALL;
    this.ran += CALL;
    machine.called(this, call);
    if (!this.isAlive) this.#unwind();
  }

  /** What a call fails with now, if it does. */
  failure(call: string): Errno | undefined {
    const { failing } = this;
    if (failing?.call !== call || this.machine.isLookedAt) return undefined;
    if (--failing.left <= 0) this.failing = undefined;
    this.machine.tell(this, `${call} fails with ${failing.errno}`);
    return failing.errno;
  }

  /** It is given a signal that it handles. */
  signal(name: string): void {
    this.machine.tell(this, `is sent ${name}`);
    this.loop.signals.push(() => this.program?.signal(name));
  }

  /** It runs no code any more. @param status that of an exit in order; undefined: it was killed */
  end(status?: number): void {
    if (!this.isAlive) return;
    this.fate = 'dying';
    this.exitStatus = status;
  }

  /** What its end in a call unwinds. */
  exit(status: number): never {
    this.machine.exits(this, status);
    this.#unwind();
  }

  /** All that it held is let go of. */
  closeAll(): void {
    this.fate = 'gone';
    const files = this.#files;
    this.#files = [];
    for (const file of files) file?.letGo();
  }

  // Descriptors.

  get files(): readonly (OpenFile | undefined)[] {
    return this.#files;
  }

  /** The lowest that is free. @throws EMFILE */
  open(file: OpenFile, syscall: string): number {
    let fd = 3;
    while (this.#files[fd] !== undefined) fd++;
    if (fd >= DESCRIPTORS) throw new KernelError('EMFILE', syscall);
    file.hold();
    this.#files[fd] = file;
    return fd;
  }

  file(fd: number): OpenFile | undefined {
    return this.#files[fd];
  }

  /** @throws EBADF */
  close(fd: number): void {
    const file = this.#files[fd];
    if (file === undefined) throw new KernelError('EBADF', 'close');
    this.#files[fd] = undefined;
    file.letGo();
  }

  /** That file, or -errno: what is of another kind refuses the call. */
  as<Kind extends OpenFile>(fd: number, kind: abstract new (...args: never[]) => Kind): Kind | number {
    const file = this.#files[fd];
    if (file === undefined) return -errnos.EBADF;
    return file instanceof kind ? file : -errnos.ENOTSOCK;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #run(task: () => void): void {
    const before = this.machine.actor;
    this.machine.actor = this;
    try {
      task();
    } catch (error) {
      if (!(error instanceof Ended)) this.#uncaught(error);
    }
    this.#takeBack();
    this.machine.actor = before;
  }

  #uncaught(error: unknown): void {
    try {
      this.program?.uncaught(error);
    } catch (another) {
      if (another instanceof Ended) return;
      this.machine.tell(this, `ends by an exception in its handler: ${String(another)}`);
      this.machine.exits(this, 7);
    }
  }

  /** @throws Ended */
  #unwind(): never {
    this.#before ??= this.memories.map(({ buffer }) => new Uint8Array(buffer.slice(0)));
    throw new Ended('the process has ended');
  }

  #takeBack(): void {
    this.#before?.forEach((bytes, i) => {
      new Uint8Array(this.memories[i]!.buffer).set(bytes);
    });
    this.#before = undefined;
  }
}
