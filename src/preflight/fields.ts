// fields — reads fields of what a cluster told, whatever its shape: what is not there, or is another thing, is left out.

export type Fields = Readonly<Record<string, unknown>>;

/** The value at the end of a path of names; undefined where the path leads nowhere. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inside, name) => (isFields(inside) && Object.hasOwn(inside, name) ? inside[name] : undefined),
    value,
  );
}

/** '' if there is no text. */
export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}

export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

export function fieldsAt(value: unknown, ...path: readonly string[]): Fields {
  const found = at(value, ...path);
  return isFields(found) ? found : {};
}

/** `namespace/name` of an object, as people write it. */
export function nameOf(object: unknown): string {
  const namespace = textAt(object, 'metadata', 'namespace');
  const name = textAt(object, 'metadata', 'name');
  return namespace === '' ? name : `${namespace}/${name}`;
}

// ---------------------------------------------------------------------------------------------------------------------

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
