// burn — a thread for each processor that is busy for a share of each moment.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** Milliseconds of which a thread is busy for its share, without a pause in between. */
const MOMENT = 30;

const thread = `
const { workerData: { busy, moment } } = require('node:worker_threads');
setInterval(() => {
  const end = performance.now() + busy;
  while (performance.now() < end);
}, moment);
`;

/** How many processors there are. */
export function burn(share: number): number {
  const processors = availableParallelism();
  for (let i = 0; i < processors; i++)
    new Worker(thread, { eval: true, workerData: { busy: share * MOMENT, moment: MOMENT } });
  return processors;
}
