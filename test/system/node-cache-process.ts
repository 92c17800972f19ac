// node-cache-process — does on a node what NodeLocal DNSCache does: node node-cache-process.js ADDRESS…
//
// Makes the interface and the rules as far as they are not there, answers on a shared port and has port 9253; told to stop it
// removes them again. Answers are the question with nothing in them.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Arena, bindUdp, CELL_LENGTH, CELL_PAYLOAD, Poller, READABLE, REPLY_WORDS } from 'node-reuseport';

const addresses = process.argv.slice(2);

function ip(...words: readonly string[]): void {
  try {
    execFileSync('ip', words, { stdio: 'pipe' });
  } catch (error) {
    if (!/File exists/.test(String(error))) throw error;
  }
}

/** Lines for iptables-restore. */
function rules(change: '-A' | '-D'): string {
  const rows = (table: string, comment: string, target: string, places: readonly string[]) => [
    `*${table}`,
    ...addresses.flatMap((address) =>
      ['udp', 'tcp'].flatMap((protocol) =>
        places.map((place) => {
          const [chain, ...match] = place.replace('A/', `${address}/`).split(' ');
          const [direction, where, port] = match;
          return (
            `${change} ${chain} ${direction} ${where} -p ${protocol} -m ${protocol} ${port} 53 ` +
            `-m comment --comment "${comment}" -j ${target}`
          );
        }),
      ),
    ),
    'COMMIT',
  ];
  const raw = ['PREROUTING -d A/32 --dport', 'OUTPUT -s A/32 --sport', 'OUTPUT -d A/32 --dport'];
  const filter = ['INPUT -d A/32 --dport', 'OUTPUT -s A/32 --sport'];
  const input = [
    ...rows('raw', 'NodeLocal DNS Cache: skip conntrack', 'CT --notrack', raw),
    ...rows('filter', 'NodeLocal DNS Cache: allow DNS traffic', 'ACCEPT', filter),
  ];
  return `${input.join('\n')}\n`;
}

/** Whether all that it makes is there already, rules aside that another has written otherwise. */
function hasRules(): boolean {
  const saved = execFileSync('iptables-legacy-save', { encoding: 'utf8' });
  return saved.includes('NodeLocal DNS Cache: skip conntrack');
}

ip('link', 'add', 'nodelocaldns', 'type', 'dummy');
for (const address of addresses) ip('address', 'add', `${address}/32`, 'dev', 'nodelocaldns');
if (!hasRules()) execFileSync('iptables-legacy-restore', ['--noflush', '--wait'], { input: rules('-A') });

createServer().listen(9253, '0.0.0.0');
const arena = new Arena({});
const words = new Int32Array(arena.memory.buffer);
function answerAll(fd: number): void {
  const count = arena.receive(fd);
  let used = 0;
  for (let cell = 0; cell < count; cell++) {
    const length = Math.min(words[(cell * arena.stride) / 4 + CELL_LENGTH]!, arena.payload);
    const at = cell * arena.stride + CELL_PAYLOAD;
    arena.outbox.set(arena.memory.subarray(at, at + length), used);
    arena.outbox[used + 2]! |= 0x80; // QR: a response
    arena.replies.set([cell, 0, used, length], cell * REPLY_WORDS);
    used += length;
  }
  if (count > 0) arena.send(fd, count);
}

const poller = new Poller(() => sockets.forEach(answerAll));
const sockets = addresses.map((address) => bindUdp({ address, port: 53 }));
for (const [tag, fd] of sockets.entries()) poller.add(fd, READABLE, tag);
console.log('serves');

// The interface first, as node-cache does it; it answers until it ends.
process.on('SIGTERM', async () => {
  await ended(spawn('ip', ['link', 'delete', 'nodelocaldns'], { stdio: 'ignore' }));
  console.log('the interface is away');
  const restore = spawn('iptables-legacy-restore', ['--noflush', '--wait'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  restore.stdin.end(rules('-D'));
  await ended(restore);
  process.exit(0);
});

async function ended(child: ChildProcess): Promise<void> {
  await once(child, 'close');
}
