// run — runs the programs this takes to their end, and tells how far it is.

import { execFile } from 'node:child_process';

/** A line on stderr; stdout has the report alone. */
export function say(sentence: string): void {
  process.stderr.write(`arm64: ${sentence}\n`);
}

export interface Surroundings {
  readonly cwd?: string;
  /** Beside what this process has. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds; by default 10 minutes. */
  readonly timeout?: number;
}

/** Resolves with what it wrote to stdout. @throws Error with the last of all it wrote when it fails or takes too long */
export function run(
  command: string,
  args: readonly string[],
  { cwd, env = {}, timeout = 600_000 }: Surroundings = {},
): Promise<string> {
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
  const options = { cwd, env: { ...inherited, ...env }, timeout, maxBuffer: 64 << 20 };
  return new Promise((resolve, reject) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const why =
        error.code === 'ENOENT'
          ? 'is not installed'
          : `ended with ${error.code ?? error.signal ?? 'an error'}`;
      const said = `${stdout}${stderr}`.trim().slice(-2000);
      reject(new Error(`${[command, ...args.slice(0, 4)].join(' ')} ${why}\n${said}`, { cause: error }));
    });
  });
}
