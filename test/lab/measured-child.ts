// measured-child — the process behind measured-resolver.ts: one resolver and nothing else that could disturb a measurement.

import { PerformanceObserver } from 'node:perf_hooks';
import { keepNurserySmall } from '../../src/heap.ts';
import { createResolver } from '../../src/resolver.ts';
import type { Figures, Setting } from './measured-resolver.ts';
import { silentLog } from './resolver.ts';
import { StallMeter } from './stall-meter.ts';

const { config, leaky, measureStalls }: Setting = JSON.parse(process.argv[2]!);
keepNurserySmall();
if (leaky) await import('./leak.ts');
const resolver = createResolver(config, silentLog);
resolver.open();
let stalls: StallMeter | undefined;
let collections = 0;
new PerformanceObserver((list) => {
  collections += list.getEntries().length;
}).observe({ entryTypes: ['gc'] });
process.on('message', (collect: boolean) => {
  // The observer reports in a later turn; what it reports must be over before the heap is measured.
  setImmediate(() => process.send!(figures(collect)));
});
process.on('disconnect', () => process.exit(0));
process.send!('ready');

// ---------------------------------------------------------------------------------------------------------------------

/** @param collect first: what is left is what survives; stalls are measured from then on, without this pause. */
function figures(collect: boolean): Figures {
  const stallMs = stalls?.longest ?? 0;
  const before = collections;
  if (collect) for (let i = 0; i < 3; i++) globalThis.gc!();
  const { heapUsed, external, rss } = process.memoryUsage();
  if (measureStalls) stalls ??= new StallMeter();
  stalls?.reset();
  const { events } = resolver.counters;
  return { heapUsed, external, rss, stallMs, collections: before, events, status: resolver.status() };
}
