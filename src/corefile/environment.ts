// environment — puts environment variables in the places of `{$NAME}` and `{%NAME%}`.

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * One that is not set is empty, as in CoreDNS; there are no defaults, and what is put in is not looked at again.
 *
 * @param unset is told of names that are not set
 */
export function replaceVariables(text: string, env: Environment, unset: (name: string) => void): string {
  if (!text.includes('{$') && !text.includes('{%')) return text;
  return text.replaceAll(reference, (_, windows: string | undefined, unix: string | undefined) => {
    const name = windows ?? unix ?? '';
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value === undefined) unset(name);
    return value ?? '';
  });
}

// ---------------------------------------------------------------------------------------------------------------------

/** `{$}` names nothing and is left as it is. */
const reference = /\{%([^%]+)%\}|\{\$([^}]+)\}/g;
