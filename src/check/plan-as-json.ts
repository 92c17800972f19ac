// plan-as-json — a plan as programs read it: what guards and steps are called, and all the rest as it is.

import type { Plan } from '../plan/plan.ts';

/** Blocks once each; zones name theirs by its number. */
export function planAsJson({ listeners, admin, reload, nodecache }: Plan) {
  const blocks = [...new Set(listeners.flatMap(({ zones }) => zones.map(({ block }) => block)))];
  return {
    listeners: listeners.map(({ at, zones }) => ({
      ...at,
      zones: zones.map(({ suffix, block }) => ({ zone: `${suffix}.`, block: blocks.indexOf(block) })),
    })),
    blocks: blocks.map(({ identity: _, view, order, flags, guards, steps, ...rest }) => ({
      ...rest,
      view: view?.name ?? null,
      order: order !== undefined,
      flags: flags !== undefined,
      guards: guards.map(({ name }) => name),
      steps: steps.map(({ name }) => name),
    })),
    admin,
    reload: reload ?? null,
    nodecache: nodecache ?? null,
  };
}
