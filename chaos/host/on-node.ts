// on-node — runs a program that changes the node: the network namespace of the suite, never that of the machine.

import { execFile } from 'node:child_process';
import { isAlone } from './namespace.ts';
import { surroundings } from './programs.ts';

/** A listing of many rules is long; and a program that waits for a lock must not be waited for without end. */
const limits = { maxBuffer: 64 << 20, timeout: 30_000, killSignal: 'SIGKILL' } as const;

/** Resolves to what it wrote. @throws Error with its stderr when it fails */
export async function onNode(program: string, args: readonly string[], input = ''): Promise<string> {
  if (!isAlone()) throw new Error('a node is changed in a network namespace of the suite alone');
  const given = { ...limits, env: surroundings() };
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, given, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const how = error.signal ?? error.code;
      reject(new Error(`${program} ${args.join(' ')} ended with ${how}: ${stderr}`, { cause: error }));
    });
    child.stdin!.on('error', () => {}); // it may end before it has read all: its status tells
    child.stdin!.end(input);
  });
}
