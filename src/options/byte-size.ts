// byte-size — reads and writes amounts of memory: `32MiB`, `64M`, `33554432`; all suffixes are powers of 1024.

/** Bytes, or undefined if the text is no size. */
export function parseByteSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([KMG])(?:i?B?)?|B)?$/i.exec(text);
  if (match === null) return undefined;
  const [, number, suffix] = match;
  const bytes =
    Number(number) * (suffix === undefined ? 1 : 1024 ** (suffixes.indexOf(suffix.toUpperCase()) + 1));
  return Number.isInteger(bytes) && Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** In the largest suffix that loses nothing: 33554432 → `32MiB`. */
export function formatByteSize(bytes: number): string {
  for (let power = suffixes.length; power > 0; power--) {
    const count = bytes / 1024 ** power;
    if (count >= 1 && Number.isInteger(count)) return `${count}${suffixes[power - 1]}iB`;
  }
  return String(bytes);
}

// ---------------------------------------------------------------------------------------------------------------------

const suffixes = 'KMG';
