// dummy-leader — run within user-mode Linux by a test: a pair on a dummy interface with iptables-legacy, from start to end.
//
// Prints each thing that held; ends with 1 at the first that did not.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { Program, runToEnd, twindns } from './program.ts';

const words = [
  '--listen=169.254.20.10,fd00::10',
  '--upstream=127.0.0.1:5300',
  '--sync-interval=1s',
  '--log-format=json',
];
const patience = 20_000;
const acts = /this instance keeps the interface and the rules/;

async function run(...command: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await runToEnd(command, { timeoutMs: patience });
  assert.equal(status, 0, `${command.join(' ')}: ${stderr}`);
  return stdout;
}

async function listing(): Promise<string> {
  // One process of ours instead of four: on such a kernel each takes long to start.
  const commands = 'ip -o link && ip -o addr && iptables-legacy-save && ip6tables-legacy-save';
  return (await run('sh', '-c', commands))
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) =>
      line
        .replace(/\[\d+:\d+\]/, '[]')
        .replace(/^\d+: /, '')
        .replace(/ valid_lft.*/, ''),
    )
    .join('\n');
}

/** Ten rows a family less the two of a health port, which is not asked for; none twice. */
async function isWhole(): Promise<boolean> {
  const found = await listing();
  const rows = found.split('\n').filter((line) => line.includes('NodeLocal DNS Cache'));
  const addresses = ['169.254.20.10/32', 'fd00::10/128'];
  return (
    rows.length === 16 &&
    new Set(rows).size === 16 &&
    addresses.every((address) => found.includes(`nodelocaldns    inet`) && found.includes(address)) &&
    /nodelocaldns: <[^>]*NOARP> .*state DOWN/.test(found)
  );
}

async function becomesWhole(what: string): Promise<void> {
  const giveUp = performance.now() + patience;
  while (!(await isWhole())) {
    if (performance.now() > giveUp) assert.fail(`${what}: not whole\n${await listing()}`);
    await pause(50);
  }
  console.log(what);
}

async function start(slot: string, ...more: readonly string[]): Promise<Program> {
  const program = new Program([...twindns, 'run', `--slot=${slot}`, ...words, ...more]);
  await program.says(/"listening"/, patience);
  return program;
}

async function end(program: Program): Promise<void> {
  program.child.kill('SIGTERM');
  const { status } = await program.ended;
  assert.equal(status, 0, program.said);
}

await run('ip', 'link', 'set', 'lo', 'up');
// As a kubelet leaves them, for others to see which iptables it uses.
for (const program of ['iptables-legacy', 'ip6tables-legacy'])
  await run(program, '-t', 'mangle', '-N', 'KUBE-KUBELET-CANARY');
// A table is listed once it has been asked for.
for (const program of ['iptables-legacy', 'ip6tables-legacy'])
  for (const table of ['raw', 'filter']) await run(program, '-t', table, '-S');
const before = await listing();

const secondary = await start('secondary');
let primary = await start('primary', '--leader');
await becomesWhole('made');
await run('iptables-legacy', '-t', 'raw', '-F');
await run('ip6tables-legacy', '-F');
await becomesWhole('repaired after a flush');
await run('ip', 'link', 'del', 'nodelocaldns');
await becomesWhole('repaired after the interface was deleted');
await run('ip', 'addr', 'del', 'fd00::10/128', 'dev', 'nodelocaldns');
await becomesWhole('repaired after an address was deleted');
await end(primary);
await secondary.says(acts, patience);
assert.ok(await isWhole(), 'a leader that leaves removed something');
await run('iptables-legacy', '-F');
await becomesWhole('repaired by the twin');
primary = await start('primary', '--leader');
await primary.says(acts, patience);
await Promise.all([end(primary), end(secondary)]);
assert.equal(await listing(), before);
console.log('nothing left by both');

primary = await start('primary', '--leader', '--keep-interface');
await becomesWhole('made again');
await end(primary);
assert.ok(await isWhole(), 'it was to be kept');
console.log('kept');
primary = await start('primary', '--leader');
await primary.says(/"listening"/, patience);
await becomesWhole('adopted');
primary.child.kill('SIGKILL');
await primary.ended;
assert.ok(await isWhole(), 'SIGKILL removes nothing');
await run(...twindns, 'clean');
assert.equal(await listing(), before);
console.log('cleaned');
process.exit(0);
