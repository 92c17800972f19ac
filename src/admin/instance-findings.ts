// instance-findings — what is wrong with an instance, its twin and its node, as its status tells.

import type { StallCause } from '../loop/stalls.ts';
import type { InstanceStatus, NodeStatus } from '../status.ts';
import type { Finding, Gravity } from './finding.ts';
import { problemsOf } from './show-custody.ts';
import { nodeProblems } from './show-node.ts';

export function statusFindings(status: InstanceStatus): Finding[] {
  return [...served(status), ...withTwin(status), ...ofNode(status)];
}

/** What only both together show. */
export function pairFindings(running: readonly InstanceStatus[]): Finding[] {
  const found: Finding[] = [];
  const versions = new Set(running.map(({ version }) => version));
  if (versions.size > 1) {
    const what = `the instances are of different versions: ${[...versions].join(', ')}`;
    const todo = 'That is so during an update; else look which of the two was not updated.';
    found.push(finding('note', 'the pair', what, todo));
  }
  const nodes = running.flatMap(({ node }) => node ?? []);
  if (nodes.some(({ leader }) => leader) && !nodes.some(({ acting }) => acting)) {
    const todo = 'Look at the log of the instance that has --leader.';
    found.push(finding('risk', 'the pair', 'no instance keeps the interface and the rules', todo));
  }
  return found;
}

// ---------------------------------------------------------------------------------------------------------------------

/** Milliseconds without a sign of work, after which a twin is one that does not work. */
const IDLE = 5000;
/** Seconds for which an instance may be without a twin after its start. */
const ALONE = 10;
/** In an hour, above which a twin dies for a reason. */
const DEATHS = 2;
/** Seconds of a minute: 2 %. */
const STALLED = 1.2;
/** In a minute, above which it says something that answers have to make room. */
const MISSES = 100;
const NEARLY_FULL = 0.9;

const aboutStalls: Readonly<Record<StallCause, string>> = {
  throttled: 'Raise the limit of processor time of its container, or take it away.',
  starved: 'Look what else uses the processors of this node, and what its container may ask for.',
  stopped: 'Look what stops it: a signal, a debugger, a node that is paused or short of memory.',
  busy: 'Look at its memory: collecting garbage takes longest where it is short.',
};

function finding(
  gravity: Gravity,
  where: string,
  what: string,
  todo: string,
  sinceSeconds: number | null = null,
): Finding {
  return { gravity, what, where, sinceSeconds, do: todo };
}

/** An instance of a version before has not all of it. */
function served(status: InstanceStatus): Finding[] {
  const { slot, waitsForClusterDns, lastMinute, budget = [], ports = [], slotNameTakenBy = null } = status;
  const where = `the ${slot}`;
  const found: Finding[] = [];
  const add = (gravity: Gravity, what: string, todo: string) =>
    found.push(finding(gravity, where, what, todo));
  if (waitsForClusterDns)
    add(
      'failing',
      `the ${slot} takes no query before the cluster DNS has answered: ${waitsForClusterDns}`,
      'Look at the cluster DNS.',
    );
  if ((lastMinute?.drops ?? 0) > 0)
    add(
      'failing',
      `the kernel dropped ${lastMinute!.drops} datagrams in the last minute because the ${slot} did not read them in time`,
      'Look whether it has enough processor time, and who asks that much: twindns diagnose shows both.',
    );
  const stalls = Object.entries(lastMinute?.stallSeconds ?? {}).sort(([, a], [, b]) => b - a);
  const stalled = stalls.reduce((sum, [, seconds]) => sum + seconds, 0);
  if (stalled > STALLED)
    add(
      'risk',
      `the ${slot} did not run for ${stalled.toFixed(1)} s of the last minute (${stalls[0]![0]})`,
      aboutStalls[stalls[0]![0] as StallCause],
    );
  if (lastMinute && lastMinute.misses >= MISSES && lastMinute.evictions > lastMinute.misses / 2)
    add(
      'note',
      `the cache of the ${slot} is too small: ${lastMinute.evictions} answers made room in the last minute`,
      'Look by twindns top --by misses whether one client asks for random names; else raise --cache-bytes.',
    );
  for (const { name, held, most } of budget)
    if (held > most * NEARLY_FULL)
      add(
        'risk',
        `what the ${slot} may hold of ${name} is taken: ${held} of ${most}`,
        'Look who asks that much: twindns top shows it.',
      );
  for (const { name, address, served: isServed } of ports)
    if (!isServed)
      add(
        'risk',
        `the port of ${name} at ${address} is not served: another process has it`,
        'Stop that process, or choose another port.',
      );
  if (slotNameTakenBy !== null)
    add(
      'note',
      `a process of user ${slotNameTakenBy} had the name of the slot ${slot} before it`,
      'Look what it is.',
    );
  return found;
}

function withTwin({ slot, custody, lastMinute, uptimeSeconds }: InstanceStatus): Finding[] {
  if (!custody.enabled) return [];
  const where = `the ${slot}`;
  const found = problemsOf(custody).map((text) =>
    finding('risk', where, `the ${slot} and its twin: ${text}`, 'Do as the sentence says.'),
  );
  if (custody.twins.length === 0 && uptimeSeconds > ALONE)
    found.push(
      finding(
        'risk',
        where,
        `the ${slot} has no twin: when it goes, queries are lost`,
        'Look why the other instance does not run: its last log lines, kubectl describe pod.',
        lastMinute?.aloneSeconds ?? null,
      ),
    );
  for (const twin of custody.twins) {
    const idle = (twin.beatAgeMs ?? 0) / 1000;
    if (idle * 1000 <= IDLE) continue;
    found.push(
      finding(
        'risk',
        `the ${twin.slot}`,
        `the ${twin.slot} runs and does not work: the ${slot} reads its queries`,
        'Look whether it was stopped, or has no processor time; when its process is ended, another one begins.',
        idle,
      ),
    );
  }
  const deaths = lastMinute?.twinDeathsInHour ?? 0;
  if (deaths > DEATHS)
    found.push(
      finding(
        'risk',
        where,
        `the twin of the ${slot} has died ${deaths} times in the last hour`,
        'Look at its last exit: kubectl describe pod shows OOMKilled, its log the last words.',
      ),
    );
  return found;
}

function ofNode(status: InstanceStatus): Finding[] {
  const { slot, node } = status;
  if (node === null || node === undefined) return [];
  const where = `the ${slot}`;
  const problems = nodeProblems(status).map((text) =>
    finding('risk', where, text, 'Do as the sentence says; it is tried again all the while.'),
  );
  return [...problems, ...(['interface', 'rules'] as const).flatMap((part) => missing(node, part, where))];
}

function missing({ found, wanted }: NodeStatus, part: 'interface' | 'rules', where: string): Finding[] {
  const count = found[part];
  if (count === null || count >= wanted[part]) return [];
  const parts = part === 'rules' ? 'the rules' : 'the interface and its addresses';
  const todo = 'Look which by twindns rules; the log says when they were made again.';
  return [finding('risk', where, `of ${parts} ${count} of ${wanted[part]} are there`, todo)];
}
