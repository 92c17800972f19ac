// kernel.test — the simulated kernel does what Linux does: both are asked the same, and the answers are compared.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as reuseport from 'node-reuseport';
import { freePort } from '../../lab/free-port.ts';
import { Chance } from '../chance.ts';
import { Process } from '../process/process.ts';
import { reuseportOf } from '../process/reuseport.ts';
import { type Calls, scripts } from './asked-alike.ts';
import { type Director, Machine } from './machine.ts';

/** A machine on which nothing happens, and what is sent arrives. */
function quietMachine(): Machine {
  const director: Director = {
    called() {},
    exited() {},
    tell() {},
    received() {},
    dropped() {},
    retired() {},
    left: (_process, from, to, bytes) => void machine.udp.deliver(to, { from, bytes }),
  };
  const machine = new Machine(new Chance(1), director);
  return machine;
}

for (const { name, run } of scripts)
  test(name, async () => {
    const address = '127.0.0.1';
    const port = await freePort();
    const calls = reuseportOf(new Process(quietMachine(), 'a process'), true) as unknown as Calls;
    const simulated = run(calls, { address, port }, `test ${name.length} ${port}`);
    assert.deepEqual(simulated, run(reuseport, { address, port }, `test ${name.length} ${port}`));
  });
