// demo-pair — `npm start` on free ports, for the commands a page says to try meanwhile.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { freePort, twoFreePorts } from '../lab/free-port.ts';
import { ScriptedUpstream } from '../lab/scripted-upstream.ts';
import { root } from '../repository/files.ts';

export interface DemoPair {
  readonly port: number;
  /** Of the primary; the secondary has the next. */
  readonly admin: number;
  /** What it had printed when it served. */
  readonly output: string;
}

/** The upstream is one of our own, so that the status looks alike on every machine. */
export async function startDemoPair(t: TestContext): Promise<DemoPair> {
  const upstream = await ScriptedUpstream.start();
  const [port, admin] = [await freePort(), await twoFreePorts()];
  const flags = [
    '--port',
    String(port),
    '--admin',
    `127.0.0.1:${admin}`,
    '--upstream',
    `127.0.0.1:${upstream.endpoint.port}`,
  ];
  const child = spawn('npm', ['start', '--', ...flags, '--log-format', 'text'], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(async () => {
    await upstream.stop();
    if (child.exitCode !== null) return;
    process.kill(-child.pid!, 'SIGINT'); // as a terminal does: to the whole group
    await once(child, 'close');
  });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const take = (text: string) => {
      output += text;
      if (output.includes('Ctrl-C')) resolve();
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.once('close', (code) => reject(new Error(`npm start ended with ${code}:\n${output}`)));
  });
  return { port, admin, output };
}
