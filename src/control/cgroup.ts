// cgroup — what the control group of this process has had of its processor time and memory, by version 2 or 1; what the kernel does
// not tell is null.

import { readText } from './read-text.ts';

export interface CgroupFacts {
  /** Microseconds in which it was kept from running by its quota, since the group was made. */
  readonly throttledMicroseconds: number | null;
  /** Processors it may have; null: as many as there are. */
  readonly quota: number | null;
  /** Bytes; what can be given back at once is not counted. */
  readonly memoryUsed: number | null;
  /** Null: none. */
  readonly memoryLimit: number | null;
  /** Processes that were killed for memory, since the group was made. */
  readonly oomKills: number | null;
}

/** Of this process, as its files say now. */
export function ownCgroup(): CgroupFacts {
  return readCgroup(readText);
}

/** Reads for how many milliseconds the group of this process was kept from running; undefined where that is not told. */
export function cpuStatOf(read: Read): () => number | undefined {
  const lines = (read('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  const own = lines.find(([id, names]) => id !== '0' && names?.split(',').includes('cpu'))?.[2];
  const unified = lines.find(([id]) => id === '0')?.[2] ?? '';
  const files = [
    ...[`${mount}${unified}`, mount].map((root) => [root, 'throttled_usec', 1e3] as const),
    ...[`${mount}/cpu${own ?? ''}`, `${mount}/cpu`].map((root) => [root, 'throttled_time', 1e6] as const),
  ];
  for (const [root, field, scale] of files) {
    const path = `${root.replace(/\/$/, '')}/cpu.stat`;
    if (fieldOf(read(path), field) === null) continue;
    return () => {
      const value = fieldOf(read(path), field);
      return value === null ? undefined : value / scale;
    };
  }
  return () => undefined;
}

/** @param read a file, undefined where it cannot be had */
export function readCgroup(read: (path: string) => string | undefined): CgroupFacts {
  const lines = (read('/proc/self/cgroup') ?? '').split('\n');
  const unified = lines.find((line) => line.startsWith('0::'))?.slice(3);
  const roots = unified === undefined ? [] : [`${mount}${unified.replace(/\/$/, '')}`, mount];
  const root = roots.find((path) => read(`${path}/cgroup.controllers`) !== undefined && has(path));
  return root === undefined ? version1(lines, read) : version2(root, read);

  function has(path: string): boolean {
    return read(`${path}/memory.current`) !== undefined || read(`${path}/cpu.stat`) !== undefined;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const mount = '/sys/fs/cgroup';
/** Above it version 1 means that there is no limit. */
const NO_LIMIT = 2 ** 60;

type Read = (path: string) => string | undefined;

function version2(root: string, read: Read): CgroupFacts {
  const [most, period] = (read(`${root}/cpu.max`) ?? '').trim().split(' ');
  const used = numberIn(read(`${root}/memory.current`));
  const inactive = fieldOf(read(`${root}/memory.stat`), 'inactive_file') ?? 0;
  return {
    throttledMicroseconds: fieldOf(read(`${root}/cpu.stat`), 'throttled_usec'),
    quota:
      most === undefined || most === 'max'
        ? null
        : (numberIn(most) ?? 0) / (numberIn(period) ?? 100_000) || null,
    memoryUsed: used === null ? null : used - inactive,
    memoryLimit: numberIn(read(`${root}/memory.max`)),
    oomKills: fieldOf(read(`${root}/memory.events`), 'oom_kill'),
  };
}

function version1(lines: readonly string[], read: Read): CgroupFacts {
  const rootOf = (controller: string) => {
    const path = lines
      .map((line) => line.split(':'))
      .find(([, names]) => names?.split(',').includes(controller))?.[2];
    const roots = [`${mount}/${controller}${path ?? ''}`, `${mount}/${controller}`].map((one) =>
      one.replace(/\/$/, ''),
    );
    return (file: string) => roots.map((root) => read(`${root}/${file}`)).find((text) => text !== undefined);
  };
  const [cpu, memory] = [rootOf('cpu'), rootOf('memory')];
  const throttled = fieldOf(cpu('cpu.stat'), 'throttled_time');
  const quota = numberIn(cpu('cpu.cfs_quota_us'));
  const used = numberIn(memory('memory.usage_in_bytes'));
  const limit = numberIn(memory('memory.limit_in_bytes'));
  return {
    throttledMicroseconds: throttled === null ? null : throttled / 1000,
    quota: quota === null || quota <= 0 ? null : quota / (numberIn(cpu('cpu.cfs_period_us')) ?? 100_000),
    memoryUsed: used === null ? null : used - (fieldOf(memory('memory.stat'), 'total_inactive_file') ?? 0),
    memoryLimit: limit === null || limit >= NO_LIMIT ? null : limit,
    oomKills: fieldOf(memory('memory.oom_control'), 'oom_kill'),
  };
}

function numberIn(text: string | undefined): number | null {
  const value = Number.parseInt(text ?? '', 10);
  return Number.isFinite(value) ? value : null;
}

/** Of `name value` lines. */
function fieldOf(text: string | undefined, name: string): number | null {
  return numberIn(new RegExp(`^${name} (\\d+)`, 'm').exec(text ?? '')?.[1]);
}
