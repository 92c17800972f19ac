// code-of — a source without its comments, and with its strings and patterns empty, so that rules look at code alone; or its
// strings alone.

const comment = String.raw`\/\*[\s\S]*?\*\/|\/\/[^\n]*`;
const quoted = String.raw`'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"`;
/** A template may hold code, which may hold templates; two levels occur. */
const template = (inner: string): string =>
  String.raw`${'`'}(?:\\[\s\S]|\$\{(?:${inner}|[^{}${'`'}])*\}|[^\\${'`'}])*${'`'}`;
const templates = template(template('(?!)'));
/** A slash begins a pattern where a value may begin. */
const pattern = String.raw`(?<=[(,=:[!&|?{};\n]\s*)\/(?![*\/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^\/\\\n[])+\/[a-z]*`;
const notCode = new RegExp([comment, pattern, quoted, templates].join('|'), 'g');

/** Lines keep their numbers. */
export function codeOf(text: string): string {
  return text.replace(notCode, (part) => {
    const lines = part.replace(/[^\n]/g, '');
    return part.startsWith('/*') || part.startsWith('//') ? lines : `''${lines}`;
  });
}

/** What is between the quotes of each string and template, as it is written. */
export function stringsOf(text: string): string[] {
  return [...text.matchAll(notCode)]
    .map(([part]) => part)
    .filter((part) => /^['"`]/.test(part))
    .map((part) => part.slice(1, -1));
}
