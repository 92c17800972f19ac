// process — runs commands for set-up, tells what goes on, and stops with one sentence where it cannot go on.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';

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

/**
 * Runs a step; what it prints is shown, on stderr, and its failure ends everything. It has a process group of its own, which
 * is ended with us: a compiler started by npm must not go on when nothing waits for it any more.
 */
export async function step(sentence, command, args, env = {}) {
  say(`${sentence} …`);
  const options = { stdio: ['ignore', 2, 2], env: { ...process.env, ...env }, detached: true };
  let group;
  let told;
  const status = await spawned(command, args, options, ['SIGINT', 'SIGTERM', 'SIGHUP'], ({ pid }, signal) => {
    group = pid;
    told ??= signal;
    signalGroup(group, 'SIGTERM');
    setTimeout(signalGroup, patienceMs, group, 'SIGKILL');
  });
  if (told !== undefined) {
    signalGroup(group, 'SIGKILL'); // what the step started, and did not end with it
    process.exit(codeOf(told));
  }
  stopUnless(
    status === 0,
    `failed: ${[command, ...args].join(' ')} (exit code ${status}). The lines above say why.`,
  );
}

/**
 * Runs Node in our place: our input and output, our process group, its exit code. SIGTERM is passed on. A terminal signals the
 * whole group, so SIGINT is passed on only to a child that has not ended by it soon: it was sent to us alone, or takes its
 * time and takes both for one wish. If we die otherwise, the child sees the IPC channel close.
 */
export async function runNode(args) {
  const options = { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] };
  let late;
  const status = await spawned(process.execPath, args, options, ['SIGINT', 'SIGTERM'], (child, signal) => {
    if (signal === 'SIGTERM') child.kill(signal);
    else
      late ??= setTimeout(() => {
        late = undefined;
        child.kill(signal);
      }, groupMs);
  });
  clearTimeout(late);
  return status;
}

// ---------------------------------------------------------------------------------------------------------------------

/** A step that has been told to end has this long. */
const patienceMs = 1000;
/** How often the parent is looked for. */
const orphanMs = 500;
/** Within this time a signal to the whole group has reached all of it. */
const groupMs = 100;

/** @param told is given the child and the signal when we get one of these meanwhile */
async function spawned(command, args, options, signals, told) {
  const pass = (signal) => told(child, signal);
  for (const signal of signals) process.on(signal, pass); // before there is a child that would outlive us
  const unwatch = onOrphaned(() => pass('SIGTERM'));
  const child = spawn(command, args, options);
  const status = await new Promise((resolve) => {
    child.on('error', (error) => {
      say(error.message);
      resolve(1);
    });
    child.on('close', (code, signal) => resolve(signal === null ? code : codeOf(signal)));
  });
  unwatch();
  for (const signal of signals) process.off(signal, pass);
  return status;
}

/** npm that is killed, or hung up on, tells nothing to what it has started: that has another parent then. */
function onOrphaned(callback) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    callback();
  }, orphanMs).unref();
  return () => clearInterval(watch);
}

/** As a shell tells it. */
function codeOf(signal) {
  return 128 + constants.signals[signal];
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended meanwhile, or has never begun.
  }
}
