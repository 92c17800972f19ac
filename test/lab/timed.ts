// timed — how long a promise took, and the CPU this process burnt meanwhile.

import { performance } from 'node:perf_hooks';

export async function timed<T>(promise: Promise<T>): Promise<{ value: T; ms: number; cpuMs: number }> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const value = await promise;
  const { user, system } = process.cpuUsage(cpu);
  return { value, ms: performance.now() - start, cpuMs: (user + system) / 1000 };
}
