// cpu-quota — a process that gets little of the processor: by the kernel's CPU controller, or, where there is none to be had,
// stopped most of the time.

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';

const ROOT = '/sys/fs/cgroup';

export interface CpuQuota {
  /** Who keeps the process from running. */
  readonly by: 'cgroup v1' | 'cgroup v2' | 'signals';
  /** How often it was kept from running so far. */
  throttled(): number;
}

/** From now on the process runs for `run` milliseconds of each `period`, until the test ends. */
export function limitCpu(t: TestContext, pid: number, run: number, period: number): CpuQuota {
  const place = cpuController();
  return place === undefined
    ? stopAndContinue(t, pid, run, period)
    : controlled(t, pid, place, run * 1000, period * 1000);
}

// ---------------------------------------------------------------------------------------------------------------------

interface Place {
  readonly by: 'cgroup v1' | 'cgroup v2';
  readonly parent: string;
}

/** Undefined where no group can be made: the folder is read-only in most containers. */
function cpuController(): Place | undefined {
  const v1 = existsSync(`${ROOT}/cpu/cpu.cfs_quota_us`);
  const controllers = `${ROOT}/cgroup.subtree_control`;
  if (!v1 && !(existsSync(controllers) && readFileSync(controllers, 'utf8').includes('cpu')))
    return undefined;
  const place: Place = v1 ? { by: 'cgroup v1', parent: `${ROOT}/cpu` } : { by: 'cgroup v2', parent: ROOT };
  const probe = `${place.parent}/twindns-probe-${process.pid}`;
  try {
    mkdirSync(probe);
    rmdirSync(probe);
    return place;
  } catch {
    return undefined;
  }
}

function controlled(
  t: TestContext,
  pid: number,
  { by, parent }: Place,
  run: number,
  period: number,
): CpuQuota {
  const folder = `${parent}/twindns-${process.pid}-${pid}`;
  const write = (file: string, value: string | number) => writeFileSync(`${folder}/${file}`, String(value));
  mkdirSync(folder);
  t.after(() => {
    try {
      writeFileSync(`${parent}/cgroup.procs`, String(pid));
    } catch {
      // It has ended.
    }
    rmdirSync(folder);
  });
  if (by === 'cgroup v1') {
    write('cpu.cfs_period_us', period);
    write('cpu.cfs_quota_us', run);
  } else write('cpu.max', `${run} ${period}`);
  write('cgroup.procs', pid);
  const statistics = () => readFileSync(`${folder}/cpu.stat`, 'utf8');
  return { by, throttled: () => Number(/^nr_throttled (\d+)/m.exec(statistics())![1]) };
}

function stopAndContinue(t: TestContext, pid: number, run: number, period: number): CpuQuota {
  let stops = 0;
  const signal = (name: 'SIGSTOP' | 'SIGCONT') => {
    try {
      process.kill(pid, name);
    } catch {
      clearInterval(stopping); // it has ended
    }
  };
  const stopping = setInterval(() => {
    stops++;
    signal('SIGSTOP');
    setTimeout(() => signal('SIGCONT'), period - run);
  }, period);
  t.after(() => {
    clearInterval(stopping);
    signal('SIGCONT');
  });
  return { by: 'signals', throttled: () => stops };
}
