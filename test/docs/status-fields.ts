// status-fields — the fields of a status as the page has them: read out of the types that the program is compiled by.

/** A table for each of these interfaces of a source, with what its comments say. @throws where there is no such interface */
export function fieldTables(source: string, names: readonly string[]): string {
  return names.map((name) => `### ${name}\n\n${fieldTable(source, name)}`).join('\n\n');
}

// ---------------------------------------------------------------------------------------------------------------------

function fieldTable(source: string, name: string): string {
  const [, heirOf, body] =
    new RegExp(`^export interface ${name}(?: extends (\\w+))? \\{\\n([\\s\\S]*?)^\\}`, 'm').exec(source) ??
    [];
  if (body === undefined) throw new Error(`there is no interface ${name}`);
  const rows = fieldsOf(body).map(
    ({ field, type, comment }) => `| \`${field}\` | \`${type.replaceAll('|', '\\|')}\` | ${comment} |`,
  );
  const more = heirOf === undefined ? [] : [`| … | | and the fields of ${heirOf} |`];
  return ['| field | type | |', '|---|---|---|', ...rows, ...more].join('\n');
}

interface Field {
  readonly field: string;
  readonly type: string;
  /** Of its comment, in one line; '' where it has none. */
  readonly comment: string;
}

/** Those at the first level of an interface. */
function fieldsOf(body: string): Field[] {
  const fields = body.matchAll(
    /(?: {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)? {2}readonly (\w+)\??: ((?:[^{};]|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})*);\n/g,
  );
  return [...fields].map(([, comment = '', field, type]) => ({
    field: field!,
    type: plain(type!.replace(/\/\*\*.*?\*\//g, '').replaceAll('readonly ', '')),
    comment: plain(comment.replace(/^\s*\*/gm, '')).replaceAll('|', '\\|'),
  }));
}

function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
