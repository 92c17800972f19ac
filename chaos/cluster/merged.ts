// merged — a strategic merge, as kustomize makes it: maps key by key, lists of named things by name, else replaced.
// What says `$patch: delete` takes the thing of its name out of a list.

/** What the patch names comes first in a list: order matters, where a value sees what stands above it. */
export function merged(old: unknown, patch: unknown): unknown {
  if (Array.isArray(old) && Array.isArray(patch)) return mergedLists(old, patch);
  if (!isMap(old) || !isMap(patch)) return patch;
  const both = Object.entries(patch).map(([key, value]) => [
    key,
    key in old ? merged(old[key], value) : value,
  ]);
  return { ...old, ...Object.fromEntries(both) };
}

// ---------------------------------------------------------------------------------------------------------------------

type Map = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is Map {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mergedLists(old: readonly unknown[], patch: readonly unknown[]): unknown[] {
  if (![...old, ...patch].every((item) => isMap(item) && nameOf(item) !== undefined)) return [...patch];
  const [before, changes] = [old as readonly Map[], patch as readonly Map[]];
  const find = (list: readonly Map[], item: Map) => list.find((other) => nameOf(other) === nameOf(item));
  return [
    ...changes
      .filter((item) => item.$patch !== 'delete')
      .map((item) => merged(find(before, item) ?? {}, item)),
    ...before.filter((item) => find(changes, item) === undefined),
  ];
}

function nameOf(item: Map): unknown {
  return item.mountPath ?? item.port ?? item.name; // mounts go by their place, ports by their number
}
