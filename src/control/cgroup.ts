// cgroup — what the control group of this process has had of its processor time and memory, by version 2 or 1; what the kernel does
// not tell is null.

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
