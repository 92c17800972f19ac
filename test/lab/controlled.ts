// controlled — a resolver in this process that can be asked at the socket of commands, as an instance of a slot.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Slot } from '../../src/config.ts';
import { type Call, callerOf } from '../../src/control/call-instance.ts';
import { startControl } from '../../src/control/control.ts';
import type { ControlConfig } from '../../src/control/control-server.ts';
import type { InstanceStatus } from '../../src/status.ts';
import { type Lab, silentLog } from './resolver.ts';

/** A directory for a pair; it goes with the test. */
export function pairDirectory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'twindns-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export interface Controlled {
  readonly config: ControlConfig;
  readonly call: Call;
}

/** The labs are the instances of a pair, which has the port of the first for its name. */
export function controlled(t: TestContext, labs: Partial<Readonly<Record<Slot, Lab>>>): Controlled {
  const [first] = Object.values(labs);
  const where = { listen: ['127.0.0.1'], port: first!.endpoint.port, channelDirectory: pairDirectory(t) };
  for (const [slot, { resolver }] of Object.entries(labs)) {
    const status = () =>
      ({ ...resolver.status(), slot, custody: { enabled: false }, node: null }) as unknown as InstanceStatus;
    const config = { ...where, slot: slot as Slot };
    const server = startControl(config, { inside: resolver.inside, status }, silentLog);
    t.after(() => server.stop());
  }
  return { config: { ...where, slot: 'primary' }, call: callerOf(where) };
}
