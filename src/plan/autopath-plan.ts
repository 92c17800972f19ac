// autopath-plan — a plan whose block of the cluster goes on with the search lists of pods, as --autopath asks for.
//
//   block of cluster.local    rewrite ─► autopath ─┬─ names of the cluster: its other steps, its forwards
//                                                  └─ other names: steps and forwards of the block for all names

import { isBelow, wireSuffix } from '../message/name.ts';
import { Autopath, searchList } from '../zone/autopath.ts';
import type { Step } from '../zone/step.ts';
import type { BlockPlan, ListenerPlan, Plan, ZonePlan } from './plan.ts';

/** Steps that come before it, whatever plan it is. */
const before: ReadonlySet<string> = new Set(['local', 'dns64', 'rewrite']);

/**
 * Listeners without a block for the cluster or one for all names stay as they are, and blocks that have an autopath of their own.
 * @param search what pods have behind the domains of the cluster
 */
export function withAutopath(plan: Plan, clusterDomain: string, search: readonly string[]): Plan {
  const made = new Map<readonly ZonePlan[], readonly ZonePlan[]>();
  const zonesOf = ({ zones }: ListenerPlan) => {
    const known = made.get(zones) ?? changed(zones, clusterDomain, search);
    made.set(zones, known);
    return known;
  };
  return {
    ...plan,
    listeners: plan.listeners.map((listener) => ({ ...listener, zones: zonesOf(listener) })),
  };
}

/** Whether a block of it goes on with search lists. */
export function hasAutopath({ listeners }: Plan): boolean {
  return listeners.some(({ zones }) => zones.some(({ block }) => walks(block)));
}

// ---------------------------------------------------------------------------------------------------------------------

function changed(
  zones: readonly ZonePlan[],
  clusterDomain: string,
  search: readonly string[],
): readonly ZonePlan[] {
  const forAll = (wanted: string) =>
    zones.find(({ suffix, block }) => suffix === wanted && block.view === undefined)?.block;
  const [pods, root] = [forAll(clusterDomain), forAll('')];
  if (pods === undefined || root === undefined || walks(pods)) return zones;
  const block = joined(pods, root, clusterDomain, search);
  return zones.map((zone) =>
    zone.suffix === clusterDomain && zone.block === pods ? { ...zone, block } : zone,
  );
}

function walks({ steps }: BlockPlan): boolean {
  return steps.some(({ name }) => name === 'autopath');
}

function joined(
  pods: BlockPlan,
  root: BlockPlan,
  clusterDomain: string,
  search: readonly string[],
): BlockPlan {
  const domain = wireSuffix(clusterDomain);
  const list = searchList([`*.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain, ...search]);
  const isOfCluster = (name: string) => isBelow(name, domain);
  const own = pods.forwards.map((forward) =>
    forward.from === '' ? { ...forward, from: clusterDomain } : forward,
  );
  return {
    ...pods,
    identity: JSON.stringify([pods.identity, root.identity, search]),
    forwards: [...own, ...root.forwards],
    steps: [
      ...pods.steps.filter(({ name }) => before.has(name)),
      new Autopath([domain], [list!], () => performance.now()),
      ...pods.steps.filter(({ name }) => !before.has(name)).map((step) => only(step, isOfCluster)),
      ...root.steps.map((step) => only(step, (name) => !isOfCluster(name))),
    ],
  };
}

/** A step for some names. */
function only(step: Step, isFor: (name: string) => boolean): Step {
  return {
    name: step.name,
    looksAtFamily: step.looksAtFamily ?? false,
    explain: (question) => (isFor(question.name) ? step.explain(question) : undefined),
    resolve: (question, next) => (isFor(question.name) ? step.resolve(question, next) : next(question)),
    countIn: (events) => step.countIn?.(events),
  };
}
