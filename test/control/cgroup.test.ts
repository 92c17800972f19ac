// cgroup.test — quota, throttling and memory of a process are read from either version of control groups.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuStatOf, readCgroup } from '../../src/control/cgroup.ts';

const reading = (files: Readonly<Record<string, string>>) => readCgroup((path) => files[path]);
const none = {
  throttledMicroseconds: null,
  quota: null,
  memoryUsed: null,
  memoryLimit: null,
  oomKills: null,
};

test('version 2 is read where the process is, or at the root of its namespace', () => {
  const at = (root: string) => ({
    [`${root}/cgroup.controllers`]: 'cpu memory\n',
    [`${root}/cpu.max`]: '3000 100000\n',
    [`${root}/cpu.stat`]: 'usage_usec 5\nnr_throttled 2\nthrottled_usec 1234\n',
    [`${root}/memory.current`]: '50000000\n',
    [`${root}/memory.stat`]: 'anon 1\ninactive_file 1000000\n',
    [`${root}/memory.max`]: '60000000\n',
    [`${root}/memory.events`]: 'oom 3\noom_kill 2\n',
  });
  const told = { throttledMicroseconds: 1234, quota: 0.03, memoryUsed: 49e6, memoryLimit: 60e6, oomKills: 2 };
  assert.deepEqual(reading({ '/proc/self/cgroup': '0::/a/b\n', ...at('/sys/fs/cgroup/a/b') }), told);
  assert.deepEqual(reading({ '/proc/self/cgroup': '0::/\n', ...at('/sys/fs/cgroup') }), told);
  assert.deepEqual(reading({ '/proc/self/cgroup': '0::/../x\n', ...at('/sys/fs/cgroup') }), told);
  const free = {
    ...at('/sys/fs/cgroup'),
    '/sys/fs/cgroup/cpu.max': 'max 100000\n',
    '/sys/fs/cgroup/memory.max': 'max\n',
  };
  const { quota, memoryLimit } = reading({ '/proc/self/cgroup': '0::/\n', ...free });
  assert.deepEqual([quota, memoryLimit], [null, null]);
});

test('version 1 is read by controller', () => {
  const files = {
    '/proc/self/cgroup': '4:cpu,cpuacct:/p\n3:memory:/p\n',
    '/sys/fs/cgroup/cpu/p/cpu.stat': 'nr_periods 9\nthrottled_time 5000000\n',
    '/sys/fs/cgroup/cpu/p/cpu.cfs_quota_us': '50000\n',
    '/sys/fs/cgroup/cpu/p/cpu.cfs_period_us': '100000\n',
    '/sys/fs/cgroup/memory/p/memory.usage_in_bytes': '1000\n',
    '/sys/fs/cgroup/memory/p/memory.stat': 'total_inactive_file 100\n',
    '/sys/fs/cgroup/memory/p/memory.limit_in_bytes': '9223372036854771712\n',
  };
  assert.deepEqual(reading(files), { ...none, throttledMicroseconds: 5000, quota: 0.5, memoryUsed: 900 });
});

test('what is not told is null', () => {
  assert.deepEqual(reading({}), none);
});

test('the time a process was kept from running is read from one file, in milliseconds', () => {
  for (const [files, expected] of [
    [{ '/proc/self/cgroup': '0::/a\n', '/sys/fs/cgroup/a/cpu.stat': 'throttled_usec 1500\n' }, 1.5],
    [{ '/proc/self/cgroup': '0::/a\n', '/sys/fs/cgroup/cpu.stat': 'throttled_usec 2500\n' }, 2.5],
    [
      {
        '/proc/self/cgroup': '4:cpu,cpuacct:/x\n0::/\n',
        '/sys/fs/cgroup/cpu/x/cpu.stat': 'throttled_time 3000000\n',
      },
      3,
    ],
    [{ '/proc/self/cgroup': '1:cpu:/gone\n', '/sys/fs/cgroup/cpu/cpu.stat': 'throttled_time 4000000\n' }, 4],
    [{}, undefined],
  ] as const) {
    const there: Readonly<Record<string, string>> = files;
    assert.equal(cpuStatOf((path) => there[path])(), expected);
  }
});
