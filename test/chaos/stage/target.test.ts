// target.test — a pair that somebody else runs: its own names are asked, its instances stopped and started by commands.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ChaosRun, Outcome } from '../../../chaos/report/outcome.ts';
import { formatEndpoint } from '../../../src/config.ts';
import { startDemoUpstream } from '../../../src/demo/upstream.ts';
import { freePort } from '../../lab/free-port.ts';
import { startInstance } from '../../lab/instance.ts';
import { chaosSuite, type Ending, runToEnd } from '../../lab/program.ts';

interface Pair {
  readonly port: number;
  /** As --admin takes them. */
  readonly admins: string;
}

async function startPair(t: TestContext): Promise<Pair> {
  const upstream = await startDemoUpstream();
  t.after(() => upstream.stop());
  const port = await freePort();
  const args = [
    `--port=${port}`,
    `--cluster-dns=127.0.0.1:${upstream.endpoint.port}`,
    '--upstream=/dev/null',
  ];
  const admins: string[] = [];
  for (const slot of ['primary', 'secondary']) {
    const { admin } = await startInstance(t, [...args, `--slot=${slot}`]);
    admins.push(formatEndpoint(admin));
  }
  return { port, admins: admins.join() };
}

function chaos({ port, admins }: Pair, stop: string, start: string, ...args: string[]): Promise<Ending> {
  const load = ['--disasters=2', '--rate=500', '--connections=10', '--json=-'];
  const commands = [`--target=127.0.0.1:${port}`, `--stop=${stop}`, `--start=${start}`, `--admin=${admins}`];
  return runToEnd([...chaosSuite, 'kill-secondary', ...commands, ...load, ...args], {
    timeoutMs: 60_000,
  });
}

function outcomeOf({ stdout, stderr }: Ending): Outcome {
  assert.notEqual(stdout, '', stderr);
  return (JSON.parse(stdout) as ChaosRun).outcomes[0]!;
}

/** How long answers take is for a machine that does nothing else. */
function ofCommands(faults: readonly string[]): readonly string[] {
  return faults.filter((fault) => !/held up by more than/.test(fault));
}

test('commands are told the slot and the signal, and names of the pair are judged by what it said of them', async (t) => {
  const pair = await startPair(t);
  // Nobody is stopped, so that nothing can be lost here: whether the commands are run as they should is what is asked.
  const ending = await chaos(pair, 'test $SLOT-$SIGNAL = secondary-KILL', 'test $SLOT = secondary');
  const { udp, tcp, ...outcome } = outcomeOf(ending);
  const [first, ...others] = ofCommands(outcome.faults);
  // … and a disaster that did not strike is no disaster that was survived.
  assert.match(
    first!,
    /Disaster 1 could not be brought about: the secondary runs for \d+ s, and was told to stop .* did not stop it/,
  );
  assert.deepEqual(
    [others.filter((fault) => !/could not be brought about/.test(fault)), ending.status],
    [[], 1],
  );
  assert.ok(udp.sent > 100 && udp.once > 0 && tcp.once > 0);
  assert.deepEqual([udp.wrong, tcp.wrong], [0, 0]);
});

test('a command that fails is told, and so is a pair that is not there', async (t) => {
  const pair = await startPair(t);
  const ending = await chaos(pair, 'echo no such pod >&2; exit 3', 'true');
  assert.equal(ending.status, 1);
  assert.match(
    ofCommands(outcomeOf(ending).faults)[0]!,
    /Disaster 1 could not be brought about: .* exit code 3: no such pod/,
  );
  const nobody = await chaos({ ...pair, port: await freePort() }, 'true', 'true');
  assert.deepEqual([nobody.status, nobody.stdout], [1, '']);
  assert.match(nobody.stderr, /no answer from 127\.0\.0\.1:\d+ over tcp: nothing listens there/);
  const unseen = await chaos({ ...pair, admins: '127.0.0.1:1' }, 'true', 'true');
  assert.deepEqual([unseen.status, unseen.stdout], [1, '']);
  assert.match(unseen.stderr, /no instance of the primary is seen at 127\.0\.0\.1:1: say by --admin/);
});
