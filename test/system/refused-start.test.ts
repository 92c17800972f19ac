// refused-start.test — a start at which the kernel refuses a call says which and why, in one line; of ports it speaks when it is
// the port that was refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailingCalls, type Fault } from '../../chaos/host/failing-calls.ts';
import { freePort } from '../lab/free-port.ts';
import { runToEnd, twindns } from '../lab/program.ts';

const refusals: readonly (readonly [fault: Fault, status: number, sentence: RegExp])[] = [
  [{ call: 'memfd_create', errno: 'EPERM' }, 1, /refused a system call: memfd_create EPERM/],
  [{ call: 'mmap', errno: 'EACCES', kind: 'memory' }, 1, /refused a system call: \w+ EACCES/],
  [{ call: 'fcntl', errno: 'EPERM', kind: 'memory' }, 1, /refused a system call: \w+ EPERM/],
  [{ call: 'epoll_ctl', errno: 'ENOSPC', kind: 'listener' }, 1, /refused a system call: epoll_ctl ENOSPC/],
  [{ call: 'bind', errno: 'EACCES', kind: 'udp' }, 4, /Ports below 1024 need root/],
  [{ call: 'listen', errno: 'EADDRINUSE', kind: 'tcp' }, 5, /the port is taken by another process/],
];

test('a start that the kernel refuses', { timeout: 60_000 }, async (t) => {
  const faults = FailingCalls.build();
  t.after(() => faults.close());
  const env = { ...(process.env as Record<string, string>), ...faults.environment };
  const args = ['--admin=127.0.0.1:0', '--upstream=127.0.0.1:9', '--log-level=error'];
  for (const [fault, status, sentence] of refusals) {
    faults.set(fault);
    const isText = fault.call === 'listen';
    const format = `--log-format=${isText ? 'text' : 'json'}`;
    const ending = await runToEnd([...twindns, 'run', `--port=${await freePort()}`, format, ...args], {
      env,
    });
    const what = JSON.stringify(fault);
    assert.ok(faults.clear() > 0, what);
    if (isText) assert.match(ending.stderr, /^twindns: [^\n]+\n$/, `one line for ${what}`);
    else {
      // A program that reads the log reads it there.
      const { level, slot } = JSON.parse(ending.stdout);
      assert.deepEqual([level, slot, ending.stderr], ['error', 'primary', ''], what);
    }
    assert.match(`${ending.stderr}${ending.stdout}`, sentence, what);
    assert.equal(ending.status, status, what);
  }
});
