// process — runs commands for set-up, tells what goes on, and stops with one sentence where it cannot go on.

import { spawn } from 'node:child_process';

/** Progress; stdout belongs to what is run. */
export function say(sentence) {
  process.stderr.write(`set-up: ${sentence}\n`);
}

/** Ends with one sentence unless the condition holds. */
export function stopUnless(condition, sentence) {
  if (condition) return;
  say(sentence);
  process.exit(1);
}

/** Runs a step; what it prints is shown, on stderr, and its failure ends everything. */
export async function step(sentence, command, args, env = {}) {
  say(`${sentence} …`);
  const status = await spawned(command, args, { stdio: ['ignore', 2, 2], env: { ...process.env, ...env } });
  stopUnless(
    status === 0,
    `failed: ${[command, ...args].join(' ')} (exit code ${status}). The lines above say why.`,
  );
}

/**
 * Runs Node in our place: our input and output, our process group, its exit code. A terminal signals the whole group, so
 * SIGINT is left to the child; SIGTERM is often sent to us alone and passed on. If we die otherwise, the child sees the
 * IPC channel close.
 */
export function runNode(args) {
  process.on('SIGINT', () => {});
  return spawned(process.execPath, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] }, (child) => {
    process.on('SIGTERM', () => child.kill('SIGTERM'));
  });
}

// ---------------------------------------------------------------------------------------------------------------------

function spawned(command, args, options, started = () => {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, options);
    child.on('error', (error) => {
      say(error.message);
      resolve(1);
    });
    child.on('close', (code, signal) => resolve(signal === null ? code : 1));
    started(child);
  });
}
