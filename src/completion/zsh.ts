// zsh — completion for zsh, in the words of its function _arguments.

import type { ArgumentText, CommandLine, OptionText, ProgramText, Value } from '../program-text.ts';

export function zshScript({ name, options, commands }: ProgramText): string {
  const listed = commands.map(
    (command) => `        ${quoted(`${command.name}:${escaped(command.summary)}`)}`,
  );
  return `#compdef ${name}
# Completion of ${name} for zsh.

_${name}_commands() {
    local -a commands=(
${listed.join('\n')}
    )
    _describe command commands
}

_${name}() {
    local curcontext=$curcontext state line
    _arguments -C \\
${options.flatMap(optionSpecs).map(inList).join('')}        ': :_${name}_commands' \\
        '*::argument:->argument' && return
    case $line[1] in
${commands.map(commandCase).join('\n')}
    esac
}

# As a file of fpath it is the function itself.
if [[ $funcstack[1] == _${name} ]]; then
    _${name} "$@"
else
    compdef _${name} ${name}
fi
`;
}

// ---------------------------------------------------------------------------------------------------------------------

function commandCase({ name, options, arguments: words }: CommandLine): string {
  const specs = [...options.flatMap(optionSpecs), ...words.map(argumentSpec)];
  return `        ${name}) _arguments \\\n${specs.map(inList).join('')}            && return ;;`;
}

function inList(spec: string): string {
  return `            ${quoted(spec)} \\\n`;
}

/** `--flag=[sentence]:FILE:_files`; with = a value may follow in the next word, too. */
function optionSpecs({ long, short, negative, placeholder, sentence, value }: OptionText): string[] {
  const told = `[${sentence.replace(/[[\]\\]/g, '\\$&')}]`;
  const names = short === undefined ? [long] : [short, long];
  if (placeholder !== undefined)
    return names.map((one) => `${one}=${told}:${escaped(placeholder)}:${offer(value)}`);
  if (negative === undefined) return names.map((one) => `${one}${told}`);
  return [`(${negative})${long}${told}`, `(${long})${negative}[the opposite of ${long}]`];
}

function argumentSpec({ term, value }: ArgumentText): string {
  const many = term.includes('...') ? '*' : '';
  return `${many}:${escaped(term.replace(/[<>[\].]/g, ''))}:${offer(value)}`;
}

function offer({ kind, choices }: Value): string {
  switch (kind) {
    case 'choice':
      return `(${choices.join(' ')})`;
    case 'file':
      return '_files';
    case 'directory':
      return '_files -/';
    case 'text':
      return '';
  }
}

/** In these a colon ends a part. */
function escaped(text: string): string {
  return text.replace(/[:\\]/g, '\\$&');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
