// roff — text as troff reads it, in the macros of man(7).

/** A paragraph of prose; what stands between backticks is bold. */
export function prose(text: string): string {
  return inLine(escaped(text).replace(/`([^`]*)`/g, '\\fB$1\\fR'));
}

/** What is typed as it stands. */
export function literal(text: string): string {
  return `\\fB${escaped(text)}\\fR`;
}

/** What stands for something else. */
export function variable(text: string): string {
  return `\\fI${escaped(text)}\\fR`;
}

export function section(title: string, lines: readonly string[]): string[] {
  return [`.SH ${title.toUpperCase()}`, ...lines];
}

export function subsection(title: string, lines: readonly string[]): string[] {
  return [`.SS ${escaped(title)}`, ...lines];
}

/** A term, and what it means, indented below. @param term made by the functions above */
export function entry(term: string, ...lines: readonly string[]): string[] {
  return ['.TP', inLine(term), ...lines];
}

/** Lines that are neither filled nor broken; a paragraph before them ends with `.PP`. */
export function example(lines: readonly string[]): string[] {
  return ['.nf', '.RS', ...lines.map((line) => inLine(escaped(line))), '.RE', '.fi'];
}

// ---------------------------------------------------------------------------------------------------------------------

/** A hyphen that is typed is a minus to troff; what is not ASCII has a name. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(
      /[^\n\x20-\x7e]/gu,
      (letter) => `\\[u${letter.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`,
    );
}

/** A dot or an apostrophe at the begin of a line would make it a command. */
function inLine(text: string): string {
  return text.replace(/^(?=[.'])/, '\\&');
}
