// uml.test — user-mode Linux runs a command on a kernel of its own, changes no file here, and leaves no process.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { test } from 'node:test';
import { checkout } from './program.ts';
import { inUml } from './uml.ts';

test('a command runs as root on another kernel, with its modules; it may write to memory, and not to files of this machine', async () => {
  const writes = `
    const { writeFileSync } = require('node:fs');
    for (const path of ['/tmp/x', '/run/x', '/etc/twindns-x', '${checkout}x', '/var/tmp/x', '/root/x']) {
      try { writeFileSync(path, 'x'); console.log('wrote', path); } catch ({ code }) { console.log(code, path); }
    }`;
  const script = `uname -r
    id -u
    ip link add probe type dummy && ip -brief link show probe
    iptables-legacy -t raw -A OUTPUT -p udp --dport 53 -m comment --comment "it's here" -j NOTRACK
    iptables-legacy-save -t raw
    "$0" -e "$1"
    echo told on stderr >&2
    exit 7`;
  const { status, output } = await inUml(['sh', '-c', script, process.execPath, writes]);
  assert.equal(status, 7, output);
  const [kernel, user, ...rest] = output.split('\n');
  assert.notEqual(kernel, release());
  assert.match(kernel!, /^\d+\.\d+/);
  assert.equal(user, '0');
  assert.match(rest.join('\n'), /^probe +DOWN/m);
  assert.match(rest.join('\n'), /^-A OUTPUT .*--comment "it\\'s here" -j (NOTRACK|CT --notrack)$/m);
  const read = ['/etc/twindns-x', `${checkout}x`, '/var/tmp/x', '/root/x'].map((path) => `EROFS ${path}`);
  assert.deepEqual(rest.slice(-8), ['wrote /tmp/x', 'wrote /run/x', ...read, 'told on stderr', '']);
});

test('a command that does not end is an error that tells what it said, and nothing of it is left', async () => {
  const words = ['sh', '-c', 'echo so far; sleep 1000 & sleep 1000'];
  await assert.rejects(inUml(words, { modules: [], timeoutMs: 1500 }), /within 1500 ms: [\s\S]*\nso far\n$/);
  assert.deepEqual(leftOver(), []);
});

test('a kernel that dies is an error that tells why, at once', async () => {
  const crash = ['sh', '-c', 'echo c > /proc/sysrq-trigger'];
  await assert.rejects(inUml(crash, { modules: [] }), /ended without saying [\s\S]*sysrq triggered crash/);
  assert.deepEqual(leftOver(), []);
});

// ---------------------------------------------------------------------------------------------------------------------

/** Processes of guests whose files are gone already; other tests may have guests of theirs. */
function leftOver(): string[] {
  return readdirSync('/proc').filter((pid) => {
    const init = /\0init=([^\0]*twindns-uml-[^\0]*)\0/.exec(commandOf(pid))?.[1];
    return init !== undefined && !existsSync(init);
  });
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
