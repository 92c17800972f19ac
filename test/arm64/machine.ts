// machine — an arm64 machine in qemu: boots a guest, and hears on its console what becomes of each command.
//
// Its clock counts instructions, a nanosecond each, and jumps when nothing is to be done. So it keeps its own time, however busy
// this machine is: what takes a second there takes as long here as it takes.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { MARK } from './guest.ts';

export interface Ended {
  readonly name: string;
  readonly status: number;
  readonly output: string;
}

/** Milliseconds that the machine may take, on a busy one. */
const PATIENCE = 3 * 3600_000;
/** A core that has the atomic instructions of today's servers, and no pointer authentication, which is slow to emulate. */
const processor = 'neoverse-n1';
/** MiB; what it boots lies in it, too. */
const memory = 2048;

/** Of the chaos suite: a scenario that has ended, behind what was overwritten on a terminal. */
const progress = /.*(\[\d+\/\d+\] .*)/;

/** @param told is called as each begins, and of what it says about its progress  @throws Error with the last of the console when it ended before all were run */
export async function boot(
  kernel: string,
  guest: string,
  commands: number,
  told: (sentence: string) => void,
): Promise<readonly Ended[]> {
  const what = ['-kernel', kernel, '-initrd', guest, '-append', 'console=ttyAMA0 quiet panic=-1'];
  const machine = ['-machine', 'virt', '-cpu', processor, '-smp', '2', '-m', String(memory), '-nic', 'none'];
  const clock = ['-icount', 'shift=0,sleep=off'];
  const ends = ['-display', 'none', '-serial', 'stdio', '-monitor', 'none', '-no-reboot'];
  const child = spawn('nice', ['qemu-system-aarch64', ...machine, ...clock, ...ends, ...what], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
  });
  const stop = () => child.kill('SIGKILL');
  process.once('exit', stop);
  const console: string[] = [];
  const ended: Ended[] = [];
  let output: string[] = [];
  child.stderr.on('data', (text: Buffer) => console.push(text.toString()));
  child.on('error', (error) => console.push(error.message));
  for await (const line of createInterface({ input: child.stdout })) {
    const text = line.replaceAll('\r', '');
    console.push(text);
    const [mark, kind, name, status] = text.split(' ');
    const so = progress.exec(text)?.[1];
    if (so !== undefined) told(so);
    if (mark !== MARK) output.push(text);
    else if (kind === 'begin') {
      output = [];
      told(name!);
    } else ended.push({ name: name!, status: Number(status), output: output.join('\n') });
  }
  process.off('exit', stop);
  if (ended.length === commands) return ended;
  throw new Error(
    `the machine ended before all was done. The last it said:\n${console.slice(-30).join('\n')}`,
  );
}
