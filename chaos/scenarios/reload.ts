// reload — the ConfigMap of a pair that serves a Corefile is replaced twice a second, as Kubernetes replaces it, by files that
// serve other zones, ports and servers, and by files that are wrong; meanwhile an instance is killed or told to stop, and started.
//
// Whichever of the right files holds, the questions of the load have the same answers.

import { setTimeout as pause } from 'node:timers/promises';
import { type Slot, slots } from '../../src/config.ts';
import type { Chance } from '../load/chance.ts';
import type { Scenario } from '../scenario.ts';
import { freePorts } from '../stage/free-ports.ts';
import { type LocalPlace, localFiles, type Variant } from '../stage/local-corefile.ts';
import type { OwnStage } from '../stage/stage.ts';
import { until } from '../stage/until.ts';

/** Swaps of a disaster, and milliseconds between them. */
const SWAPS = 8;
const BETWEEN = 500;
/** Milliseconds within which an instance has read a file. */
const READ = 3000;
/** Starts of an instance until one finds a file that is right. */
const STARTS = 20;

export const reload: Scenario = {
  name: 'reload',
  purpose:
    'The Corefile of both is replaced twice a second by right and wrong ones; meanwhile an instance is killed or replaced.',
  expects: { twindns: 'no loss', 'no-custody': 'loss' },
  times: { quick: 5, thorough: 250 },
  changes: { corefile: true, upstreams: 2 },
  intrudes: true,
  async strike(stage, chance, { index }) {
    const own = stage.own!;
    const [third] = await freePorts();
    const swapping = swaps(own, chance, third);
    await pause(chance.between(0, BETWEEN * 2));
    await renewed(own, slots[index % 2]!, index % 4 < 2 ? 'SIGKILL' : 'SIGTERM').finally(() => swapping);
    await swap(own, 'the usual file', localFiles(own.local!), true);
    await own.met();
  },
};

// ---------------------------------------------------------------------------------------------------------------------

type Files = Readonly<Record<string, string | undefined>>;

/** A right one and a wrong one in turn. */
async function swaps(own: OwnStage, chance: Chance, third: number): Promise<void> {
  const right: Readonly<Record<string, Variant>> = {
    'a third port': { port: third },
    'all servers': { allUpstreams: true, ttl: 3600 },
    'other zones': { otherZones: true },
    'fewer zones': { fewerZones: true },
    'other zones at a third port': { otherZones: true, port: third, ttl: 5 },
  };
  const wrong = wrongFiles(own.local!, own.admin('primary').port);
  for (let i = 0; i < SWAPS; i++) {
    const due = performance.now() + BETWEEN;
    const isRight = i % 2 === 0;
    const name = chance.pick(Object.keys(isRight ? right : wrong));
    await swap(own, name, isRight ? localFiles(own.local!, right[name]) : wrong[name]!, isRight);
    await pause(Math.max(0, due - performance.now()));
  }
}

function wrongFiles(place: LocalPlace, taken: number): Readonly<Record<string, Files>> {
  const files = localFiles(place);
  const corefile = (more: string) => localFiles(place, { more });
  return {
    'an unknown directive': corefile('wrong.example {\n    forwad . 127.0.0.1\n}\n'),
    'an open quote': corefile('"'),
    'an open block': corefile('wrong.example {\n'),
    'itself imported': corefile('import Corefile\n'),
    'a zone twice': corefile(files.Corefile),
    'a port that is taken': corefile(
      `wrong.example:${taken} {\n    bind 127.0.0.1\n    forward . 127.0.0.1\n}\n`,
    ),
    'an empty file': { ...files, Corefile: '' },
    'a directory': { ...files, Corefile: undefined },
    'no file': { hosts: files.hosts, 'ca.pem': files['ca.pem'] },
  };
}

/** Each instance that serves before and behind it has to have taken or refused the file. */
async function swap(own: OwnStage, name: string, files: Files, isRight: boolean): Promise<void> {
  const before = await Promise.all(slots.map((slot) => readings(own, slot)));
  own.happened(`the Corefile is ${name}`);
  own.local!.map.put(files);
  // Until its first line is run the signal would end a process, and there is nothing yet to be read again.
  for (const [i, slot] of slots.entries())
    if (before[i]!.pid === own.member(slot).pid && own.member(slot).alive) own.member(slot).signal('SIGHUP');
  const what = isRight ? 'taken' : 'refused';
  const check = async (i: number) => {
    const { pid, [what]: counted } = before[i]!;
    const slot = slots[i]!;
    const isOver = async () => {
      if (own.member(slot).pid !== pid || !own.member(slot).alive) return true;
      const now = await readings(own, slot);
      return now.pid === undefined || now[what] > counted;
    };
    if (pid !== undefined && (await until(isOver, READ)) === undefined)
      own.failed(`The ${slot} had not ${what} ${name} ${READ / 1000} s after it came.`);
  };
  await Promise.all(before.map((_, i) => check(i)));
}

interface Readings {
  /** Undefined where it does not serve. */
  readonly pid: number | undefined;
  readonly taken: number;
  readonly refused: number;
}

/** What the instance of a slot has counted. */
async function readings(own: OwnStage, slot: Slot): Promise<Readings> {
  const { pid } = own.member(slot);
  const { address, port } = own.admin(slot);
  const signal = AbortSignal.timeout(1000);
  const asked = fetch(`http://${address}:${port}/metrics`, { signal, headers: { connection: 'close' } });
  const text = await asked.then((reply) => reply.text()).catch(() => undefined);
  const of = (metric: string) =>
    Number(new RegExp(`^${metric}(?:\\{.*\\})? (\\d+)$`, 'm').exec(text ?? '')?.[1] ?? 0);
  return {
    pid: text === undefined ? undefined : pid,
    taken: of('twindns_reloads_total'),
    refused: of('coredns_reload_failed_total'),
  };
}

/** As a kubelet does, a process that has found a wrong file is started again. */
async function renewed(own: OwnStage, slot: Slot, signal: NodeJS.Signals): Promise<void> {
  own.happened(`${signal} ${slot}`);
  await own.end(slot, signal);
  for (let i = 0; i < STARTS; i++) {
    const member = own.launch(slot);
    const serves = await member.serves.then(
      () => true,
      () => false,
    );
    if (serves) return own.met();
    if (!/exit code [35]/.test(await member.gone)) break;
  }
  throw new Error(`the ${slot} did not serve, whichever file it found`);
}
